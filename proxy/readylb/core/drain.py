"""When an endpoint that is to go may still have traffic, and how long its container is spared for it.

Before the stop signal: the endpoint leaves the rotation, its running requests finish. Both take from
the grace period, of which the time that kubelet guarantees between signal and kill is left over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from readylb.core.drained import is_drained
from readylb.model import Pod

#: Never less between the stop signal and SIGKILL (kubelet's minimumGracePeriodInSeconds).
MINIMUM_GRACE_SECONDS = 2
#: How long a connection that we end goes on reading, so that the answer is not lost to a reset
#: (RFC 9112 §9.6). nginx lingers 5 s per read.
LINGER_SECONDS: Final = 2.0
#: How long a drain waits for the first request of a client that has just connected.
FIRST_REQUEST_SECONDS: Final = 1.0


def is_last_resort(pod: Pod, siblings: Iterable[Pod], wanted_replicas: int) -> bool:
    """Say whether a terminating pod should go on serving where no endpoint is ready.

    kube-proxy's rule (`pkg/proxy/topology.go`) lets it in any case. Here it does as long as somebody
    is on the way who will take over: a sibling that lives, or the replica that its workload still
    wants. Otherwise waiting for it would only delay the end.
    """
    if wanted_replicas > 0:
        return True
    return any(may_take_over(other) for other in siblings if other.metadata.uid != pod.metadata.uid)


def may_take_over(pod: Pod) -> bool:
    """Say whether a pod serves, or may come to serve, when others have gone."""
    return not pod.terminating and not pod.finished and not is_drained(pod)
