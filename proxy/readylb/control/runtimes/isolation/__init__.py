"""The `namespaces` runtime: a pod has a network, processes, a hostname and a /tmp of its own."""
