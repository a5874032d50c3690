"""Experiments of DVC: what is changed in `params.yaml`, running them, comparing them, taking one over."""
