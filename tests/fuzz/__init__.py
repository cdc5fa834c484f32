"""Whatever is sent, in whatever shape: no error of ours, nobody sent to a stranger's address, nothing kept by caches."""
