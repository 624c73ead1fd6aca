"""`describe service`. Source: k8s.io/kubectl/pkg/describe/describe.go, describeService."""

from __future__ import annotations

from readylb.cli.description import (
    NONE,
    Document,
    Scene,
    finish,
    head,
    labels_and_annotations,
)
from readylb.client import Selector
from readylb.core.api_resources import ENDPOINT_SLICES

#: Endpoints shown before `+ N more...`.
_SHOWN = 3


async def describe_service(scene: Scene) -> str:
    """Return the description of a Service; its endpoints are those that are ready."""
    service = scene.item
    spec = service.get("spec", {})
    selector = Selector(labels=f"kubernetes.io/service-name={service['metadata']['name']}")
    slices = await scene.client.list(ENDPOINT_SLICES, scene.namespace, selector)
    lines = [*head(service), *labels_and_annotations(service)]
    labels = ",".join(f"{name}={value}" for name, value in sorted(spec.get("selector", {}).items()))
    lines.append(f"Selector:\t{labels or NONE}")
    lines += _addresses(service, spec)
    for port in spec.get("ports", []):
        lines += _port(port, slices["items"])
    lines.append(f"Session Affinity:\t{spec.get('sessionAffinity', 'None')}")
    lines += [f"{title}:\t{spec[key]}" for title, key in _POLICIES if spec.get(key)]
    if ranges := spec.get("loadBalancerSourceRanges"):
        lines.append(f"LoadBalancer Source Ranges:\t{','.join(ranges)}")
    return finish(lines, await scene.events(), scene.now)


def _addresses(service: Document, spec: Document) -> list[str]:
    lines = [f"Type:\t{spec.get('type', 'ClusterIP')}"]
    if spec.get("ipFamilyPolicy"):
        lines.append(f"IP Family Policy:\t{spec['ipFamilyPolicy']}")
    lines.append(f"IP Families:\t{','.join(spec.get('ipFamilies', [])) or NONE}")
    lines.append(f"IP:\t{spec.get('clusterIP', '')}")
    lines.append(f"IPs:\t{','.join(spec.get('clusterIPs', [])) or NONE}")
    if external := spec.get("externalIPs"):
        lines.append(f"External IPs:\t{','.join(external)}")
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    if ingress:
        shown = ", ".join(item.get("ip") or item.get("hostname", "") for item in ingress)
        lines.append(f"LoadBalancer Ingress:\t{shown}")
    return lines


def _port(port: Document, slices: list[Document]) -> list[str]:
    name, protocol = port.get("name") or "<unset>", port.get("protocol", "TCP")
    lines = [
        f"Port:\t{name}\t{port['port']}/{protocol}",
        f"TargetPort:\t{port.get('targetPort') or port['port']}/{protocol}",
    ]
    if port.get("nodePort"):
        lines.append(f"NodePort:\t{name}\t{port['nodePort']}/{protocol}")
    return [*lines, f"Endpoints:\t{_endpoints(port.get('name', ''), slices)}"]


def _endpoints(port_name: str, slices: list[Document]) -> str:
    found = [
        f"[{address}]:{port['port']}" if ":" in address else f"{address}:{port['port']}"
        for item in slices
        for port in item.get("ports", [])
        if port.get("name", "") == port_name
        for endpoint in item.get("endpoints", [])
        if endpoint.get("conditions", {}).get("ready", True)
        for address in endpoint.get("addresses", [])
    ]
    text = ",".join(found[:_SHOWN])
    return f"{text} + {len(found) - _SHOWN} more..." if len(found) > _SHOWN else text


_POLICIES = (
    ("External Traffic Policy", "externalTrafficPolicy"),
    ("Internal Traffic Policy", "internalTrafficPolicy"),
)
