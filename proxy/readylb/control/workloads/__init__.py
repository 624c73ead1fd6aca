"""Keep the wanted number of pods: ReplicationController, ReplicaSet, Deployment."""
