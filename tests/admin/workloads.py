"""A Deployment as a file brings it: with every default, and valid."""

from __future__ import annotations

import io

from readylb.config.load import load
from readylb.control.store import Store
from readylb.model import Deployment

WEB = b"""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        command: [python3, server.py]
        env: [{name: A, value: "1"}]
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /readyz, port: 8080}}
"""


def create_web(store: Store) -> Deployment:
    """Put the Deployment `web` into the store."""
    loaded = load(["-"], stdin=io.BytesIO(WEB))
    (item,) = loaded.objects
    assert isinstance(item, Deployment)
    return store.create(item)
