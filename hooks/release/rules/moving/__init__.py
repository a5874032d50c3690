"""Rules about files that move: the lists that say so, and moves that no list says."""
