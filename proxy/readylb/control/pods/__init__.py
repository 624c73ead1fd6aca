"""The kubelet: one worker per pod keeps its containers as the spec wants them."""
