"""What is valid and probably not meant: probes that restart too much, notice late, or ask the wrong one."""
