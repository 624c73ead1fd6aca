"""The admin API: aiohttp.web, Kubernetes-shaped."""
