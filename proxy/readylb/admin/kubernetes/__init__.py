"""The Kubernetes subset: resources, tables, watch, log, exec."""
