"""JSON schemas (draft 2020-12) of both dialects, for editors: generated from what decoding goes by.

`python -m readylb.config.schema [FOLDER]` writes them (default: the folder `config`).
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readylb.config.decode import KnownFields, Verdict
from readylb.config.known_fields import KNOWN
from readylb.config.manifests import KINDS
from readylb.config.native import PROTOCOLS
from readylb.config.native_model import (
    NativeAccessLog,
    NativeEndpoint,
    NativeFile,
    NativePort,
    NativeService,
)
from readylb.config.shapes import Shape, element, is_list, is_map, options, shapes
from readylb.config.validation.services import AFFINITIES
from readylb.core.access_record import FORMATS
from readylb.core.balancing.table import POLICIES
from readylb.core.isolation import RUNTIMES
from readylb.core.limits import LIMITS
from readylb.core.traffic import MOST_WEIGHT
from readylb.model.container import Container, ContainerPort
from readylb.model.pod import PodSpec
from readylb.model.probe import HTTPGetAction, Probe
from readylb.model.restart import DockerRestart, ExecRestart, PythonRestart, SystemdRestart, WebhookRestart
from readylb.model.service import ClientIPConfig, ServicePort, ServiceSpec
from readylb.model.workload import DeploymentStrategy

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PORT = {"minimum": 1, "maximum": 65535}
_COUNT = {"minimum": 0}
_HOOKS = (ExecRestart, WebhookRestart, DockerRestart, SystemdRestart, PythonRestart)
_HOOK_SECONDS = {"exclusiveMinimum": 0, "maximum": 3600}
_PRIMITIVES = {str: "string", int: "integer", bool: "boolean", float: "number"}

#: Rules that types do not tell: (type, key) -> what is added to the field's schema.
_RULES: Mapping[tuple[type[Any], str], Mapping[str, Any]] = {
    (NativePort, "port"): _PORT,
    (NativePort, "protocol"): {"enum": list(PROTOCOLS)},
    (NativeService, "balancer"): {"enum": list(POLICIES)},
    (NativeService, "replicas"): _COUNT,
    (NativeService, "hashOn"): {"pattern": "^(client-ip|uri|(header|cookie):.+)$"},
    (NativeService, "sessionAffinity"): {"enum": list(AFFINITIES)},
    (NativeService, "proxyProtocol"): {"enum": ["accept", "require"]},
    (NativeService, "sendProxy"): {"enum": ["v1", "v2"]},
    (NativePort, "detectTimeoutMs"): {"minimum": 1},
    (NativeEndpoint, "weight"): {"minimum": 1, "maximum": MOST_WEIGHT},
    (ClientIPConfig, "timeoutSeconds"): {"minimum": 1, "maximum": 86400},
    (NativeFile, "isolation"): {"enum": list(RUNTIMES)},
    (NativeAccessLog, "format"): {"enum": sorted(FORMATS)},
    (NativeService, "limits"): {"propertyNames": {"enum": list(LIMITS)}},
    **{(cls, "timeoutSeconds"): _HOOK_SECONDS for cls in _HOOKS},
    (WebhookRestart, "url"): {"pattern": "^https?://"},
    (WebhookRestart, "attempts"): {"minimum": 1, "maximum": 10},
    (DockerRestart, "socket"): {"pattern": "^/"},
    (DockerRestart, "stopSeconds"): _COUNT,
    (ContainerPort, "containerPort"): _PORT,
    (ServicePort, "port"): _PORT,
    (ServicePort, "protocol"): {"enum": ["TCP"]},
    (ServiceSpec, "type"): {"enum": ["ClusterIP", "LoadBalancer", "NodePort"]},
    (ServiceSpec, "sessionAffinity"): {"enum": list(AFFINITIES)},
    (DeploymentStrategy, "type"): {"enum": ["Recreate", "RollingUpdate"]},
    (PodSpec, "restartPolicy"): {"enum": ["Always", "Never", "OnFailure"]},
    (Container, "restartPolicy"): {"enum": ["Always", "Never", "OnFailure"]},
    (HTTPGetAction, "scheme"): {"enum": ["HTTP", "HTTPS"]},
    **{
        (Probe, key): _COUNT
        for key in (
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        )
    },
    (Probe, "terminationGracePeriodSeconds"): {"minimum": 1},
}

#: Fields that must be written although the model has a value for "nothing".
_REQUIRED: Mapping[type[Any], tuple[str, ...]] = {
    NativeFile: (),
    Container: ("name",),
    PodSpec: ("containers",),
}


def native_schema() -> dict[str, Any]:
    """Return the schema of readylb.yaml."""
    schema = _Generator({}).document(NativeFile)
    schema["title"] = "readylb.yaml"
    service = schema["$defs"]["NativeService"]
    service["oneOf"] = [{"required": ["endpoints"]}, {"required": ["command"]}]
    schema["$defs"]["RestartHooks"].update({"minProperties": 1, "maxProperties": 1})
    service["properties"]["port"]["anyOf"][0].update(_PORT)
    # A probe of this dialect may leave its port out: it is the pod's only one.
    for name in ("HTTPGetAction", "TCPSocketAction"):
        schema["$defs"][name].pop("required", None)
    return schema


def kubernetes_schema() -> dict[str, Any]:
    """Return the schema of the manifests that can be honoured."""
    generator = _Generator(KNOWN)
    kinds = [generator.kind(cls) for cls in KINDS.values()]
    listed = {
        "type": "object",
        "title": "List",
        "properties": {
            "apiVersion": {"const": "v1"},
            "kind": {"const": "List"},
            "metadata": True,
            "items": {"type": "array", "items": {"$ref": "#"}},
        },
        "required": ["apiVersion", "kind"],
        "additionalProperties": False,
    }
    return {
        "$schema": _DIALECT,
        "title": "Kubernetes manifests that readylb runs",
        "oneOf": [*kinds, listed],
        "$defs": generator.definitions,
    }


def files() -> dict[str, str]:
    """Return the text of each schema file by its name."""
    schemas = {"readylb.schema.json": native_schema(), "kubernetes.schema.json": kubernetes_schema()}
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


class _Generator:
    """Collects one definition for each dataclass that is reached."""

    def __init__(self, known: KnownFields) -> None:
        self.definitions: dict[str, Any] = {}
        self._known = known

    def document(self, cls: type[Any]) -> dict[str, Any]:
        body = self._object(cls)
        return {"$schema": _DIALECT, **body, "$defs": self.definitions}

    def kind(self, cls: Any) -> dict[str, Any]:
        body = self._object(cls)
        own = {"apiVersion": {"const": cls.API_VERSION}, "kind": {"const": cls.KIND}}
        body["properties"] = {**own, **body["properties"]}
        body["required"] = ["apiVersion", "kind", "metadata"]
        return {"title": cls.KIND, **body}

    def _object(self, cls: type[Any]) -> dict[str, Any]:
        known = self._known.get(cls, {})
        properties: dict[str, Any] = {
            key: self._field(cls, shape) for key, shape in shapes(cls).items() if key not in known
        }
        for key, field in known.items():
            if field.verdict is not Verdict.REFUSE:
                properties[key] = {"description": field.reason} if field.reason else True
        wanted = _REQUIRED.get(cls, tuple(shape.key for shape in shapes(cls).values() if shape.required))
        body: dict[str, Any] = {
            "type": "object",
            "description": (cls.__doc__ or "").strip().split("\n")[0],
            "properties": properties,
            "additionalProperties": False,
        }
        return {**body, "required": list(wanted)} if wanted else body

    def _field(self, cls: type[Any], shape: Shape) -> dict[str, Any]:
        schema = self._union(shape.options)
        nullable = not shape.required and shape.default is None
        rules = _RULES.get((cls, shape.key), {})
        default = {"default": shape.default} if _worth_telling(shape) else {}
        if nullable and "type" in schema and "enum" not in rules:
            schema = {**schema, "type": [schema["type"], "null"]}
        return {**schema, **rules, **default}

    def _union(self, kinds: tuple[Any, ...]) -> dict[str, Any]:
        plain = [_PRIMITIVES[kind] for kind in kinds if kind in _PRIMITIVES]
        if len(plain) == len(kinds):
            return {"type": plain[0] if len(plain) == 1 else plain}
        schemas = [self._type(kind) for kind in kinds]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _type(self, kind: Any) -> dict[str, Any]:
        if kind in _PRIMITIVES:
            return {"type": _PRIMITIVES[kind]}
        if is_list(kind):
            return {"type": "array", "items": self._union(options(element(kind)))}
        if is_map(kind):
            return {"type": "object", "additionalProperties": self._union(options(element(kind)))}
        return self._reference(kind)

    def _reference(self, cls: type[Any]) -> dict[str, Any]:
        if cls.__name__ not in self.definitions:
            self.definitions[cls.__name__] = {}
            self.definitions[cls.__name__] = self._object(cls)
        return {"$ref": f"#/$defs/{cls.__name__}"}


def _worth_telling(shape: Shape) -> bool:
    """Say whether the default is something that a reader would want to know."""
    plain = isinstance(shape.default, str | int) and not dataclasses.is_dataclass(shape.default)
    return plain and shape.default not in {"", 0}


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "config")
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
