"""The link to the data plane: Services and EndpointSlices out, stats and reports in."""
