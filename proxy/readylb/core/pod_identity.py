"""What a pod with a network of its own is called inside: its hostname, and its hosts file."""

from __future__ import annotations

from readylb.model import Pod

#: Linux takes 64 characters, and Kubernetes cuts at a DNS label.
_LONGEST = 63


def hostname(pod: Pod) -> str:
    """Return `spec.hostname` or the pod's name, cut as kubelet does.

    Rule of `pkg/kubelet/util/util.go` (TruncatePodHostnameIfNeeded).
    """
    name = pod.spec.hostname or pod.metadata.name
    return name if len(name) <= _LONGEST else name[:_LONGEST].rstrip("-.")


def hosts_file(name: str, address: str) -> str:
    """Return the content of /etc/hosts as kubelet writes it (`kubelet_pods.go`, managedHostsFileContent).

    Servers that look their own name up then find it without asking a name server.
    """
    lines = (
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
        f"{address}\t{name}",
    )
    return "".join(f"{line}\n" for line in lines)
