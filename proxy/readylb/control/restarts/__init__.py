"""Restart hooks: how an endpoint that readylb did not start is started again."""
