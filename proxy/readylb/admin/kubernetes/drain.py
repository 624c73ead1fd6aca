"""`pods/NAME/drain`, readylb's own: the operator's word, unless it would leave a Service with nobody.

Whoever annotates the pod says the same unasked. Asked like this it is refused as an eviction beyond a
disruption budget is (pkg/registry/core/pod/storage/eviction.go): 429, TooManyRequests.
"""

from __future__ import annotations

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.body import is_dry_run, not_found, read_json_body
from readylb.admin.kubernetes.objects import encode
from readylb.admin.kubernetes.query import read_query
from readylb.admin.kubernetes.status import BadRequestError, TooManyRequestsError
from readylb.core.drained import DRAINED, left_alone, with_drained
from readylb.model import Pod, Service


async def drain(request: web.Request) -> web.Response:
    """Answer POST of `{"force": false}` with the pod; 429 for the last one of a Service, unless forced."""
    query = read_query(request)
    store, namespace = request.app[DEPS].store, query.namespace or ""
    body = await read_json_body(request)
    force = body.get("force", False) if isinstance(body, dict) else None
    if not isinstance(force, bool):
        msg = 'the body of a drain must be an object, whose "force" is true or false'
        raise BadRequestError(msg)
    pod = store.find(Pod, namespace, query.name)
    if pod is None:
        return not_found(query)
    alone = left_alone(pod, store.objects(Service, namespace), store.objects(Pod, namespace))
    if alone and not force:
        named = ", ".join(f"service/{name}" for name in alone)
        msg = (
            f"Cannot drain pod as it is the last one with traffic of {named}, whose clients would get "
            "nothing but 503"
        )
        raise TooManyRequestsError(msg)
    drained = with_drained(pod, {**pod.metadata.annotations, DRAINED: "true"})
    if not is_dry_run(request):
        drained = store.update(Pod, namespace, query.name, lambda _: drained)
    return web.json_response(encode(drained))
