"""What is measured: one module per proxy, each writes its configuration and says how to start it.

Equal features: keep-alive on both sides with a pool of connections; X-Forwarded-For/-Proto/-Host and Via
set; timeouts and limits on; access log off; one thread.
"""
