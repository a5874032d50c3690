import pytest
from support.guard_process import Inner
from support.template_origin import SECOND, Made

def test_x(made: Made) -> None:
    inner = Inner(made.path, made.origin)
    made.origin.release(SECOND, {"template/docs/new.md": "new\n", "template/.dvcignore": None})
    done = inner.guard("update", "--dry-run")
    print(done.stdout, done.stderr)
    import time
    t = time.time()
    import cProfile, pstats; pr = cProfile.Profile(); pr.enable(); print(inner.update()); pr.disable(); pstats.Stats(pr).sort_stats("cumtime").print_stats(45)
    print(time.time() - t)
    t = time.time()
    print(inner.guard("status").stdout, time.time() - t)
    assert 0
