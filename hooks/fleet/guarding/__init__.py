"""The update guard in warm processes, without the operator's rights; each project in a checkout of its own."""
