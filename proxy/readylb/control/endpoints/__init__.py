"""EndpointSlices from Services and pods."""
