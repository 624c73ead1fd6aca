from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from readylb.core.pod_addresses import POOLS, PodAddresses, choose_range, parse_range
from readylb.errors import RuntimeFailureError

HOST = ["default", "192.0.2.0/24", "127.0.0.0/8", "192.0.2.2"]


@pytest.mark.parametrize("text", ["10.213.0.0/22", "192.168.7.0/30", "10.0.0.0/8"])
def test_a_private_range_is_taken_as_written(text: str) -> None:
    assert str(parse_range(text)) == text


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("fd00::/64", "IPv4"),
        ("ten", "it reads ADDRESS/LENGTH"),
        ("10.0.0.0/255.255.255.999", "it reads ADDRESS/LENGTH"),
        ("10.0.0.0", "no room for pods"),
        ("10.0.0.0/31", "no room for pods"),
        ("10.213.0.1/22", "the range that has this address is 10.213.0.0/22"),
        ("8.8.8.0/24", "not private"),
        ("0.0.0.0/0", "not private"),
    ],
)
def test_what_cannot_be_a_range_is_refused_with_its_cause(text: str, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        parse_range(text)


def test_without_a_wish_the_first_free_range_is_chosen() -> None:
    assert str(choose_range(None, HOST)) == "10.213.0.0/22"
    assert str(choose_range(None, [*HOST, "10.213.0.0/22", "10.213.4.1"])) == "10.213.8.0/22"


def test_a_route_to_all_of_a_block_rules_the_block_out() -> None:
    assert str(choose_range(None, [*HOST, "10.0.0.0/8"])) == "172.30.192.0/22"


def test_with_routes_everywhere_the_error_says_how_to_name_a_range() -> None:
    with pytest.raises(RuntimeFailureError, match="--pod-cidr RANGE"):
        choose_range(None, POOLS)


def test_a_wanted_range_must_not_overlap_a_route_other_than_the_default_one() -> None:
    wanted = IPv4Network("10.9.0.0/24")
    assert choose_range(wanted, [*HOST, "0.0.0.0/0"]) == wanted
    with pytest.raises(RuntimeFailureError, match=r"10\.9\.0\.0/24 overlaps the route to 10\.9\.0\.7/32"):
        choose_range(wanted, [*HOST, "10.9.0.7"])


def test_addresses_are_given_once_and_again_only_after_the_whole_range() -> None:
    addresses = PodAddresses(IPv4Network("10.9.0.0/29"))
    assert (addresses.gateway, addresses.length) == ("10.9.0.1", 29)
    assert [addresses.allocate() for _ in range(2)] == ["10.9.0.2", "10.9.0.3"]
    addresses.release("10.9.0.2")
    assert [addresses.allocate() for _ in range(4)] == ["10.9.0.4", "10.9.0.5", "10.9.0.6", "10.9.0.2"]
    with pytest.raises(RuntimeFailureError, match=r"no address is left in 10.9.0.0/29"):
        addresses.allocate()
    addresses.release("10.9.0.5")
    assert addresses.allocate() == "10.9.0.5"
    assert repr(addresses) == "<pod addresses 10.9.0.0/29, 5 taken>"
