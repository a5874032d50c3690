"""API keys: `make key NAME=shop ROLE=predict` makes one and shows it once.

The service knows only hashes: lines `name:role:sha256` in `SERVE_API_KEYS`, or in the file that `SERVE_API_KEYS_FILE`
names. A key is 256 random bits, so that its hash needs no salt. Its prefix lets scanners find it; older keys have none.
"""

import argparse
import hashlib
import hmac
import logging
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import UsageError
from ...core.runner import run

# What a role may do: the role itself, and those below it.
ROLES = {"predict": {"predict"}, "admin": {"predict", "admin"}}
PREFIX = "mlops_"  # the hook `tokens` of .pre-commit-config.yaml knows it
LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,64}):(?P<role>[a-z]+):(?P<digest>[0-9a-f]{64})")
NOTHING = hashlib.sha256(b"").hexdigest()
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Key:
    """A key that the service accepts; `digest` is the SHA-256 of its secret, in hex."""

    name: str
    role: str
    digest: str

    def may(self, role: str) -> bool:
        """Whether the key's role includes another one."""
        return role in ROLES[self.role]


Keys = tuple[Key, ...] | None  # None lets everyone in


def digest(secret: bytes) -> str:
    """Returns what is stored of a secret."""
    return hashlib.sha256(secret).hexdigest()


def find(keys: tuple[Key, ...], secret: bytes) -> Key | None:
    """Returns the key with that secret; takes as long whether there is one or not."""
    shown, found = digest(secret), None
    for key in keys:
        if hmac.compare_digest(shown, key.digest):
            found = key
    return found if secret else None


def parse(text: str, source: str) -> tuple[Key, ...]:
    """Reads lines `name:role:sha256`, separated by white space or commas; `#` begins a comment.

    Raises:
        UsageError: A line is none, a role is unknown, a name stands twice, or a key is no secret.
    """
    words = [word for line in text.splitlines() for word in line.partition("#")[0].replace(",", " ").split()]
    keys = []
    for number, word in enumerate(words, 1):
        found = LINE.fullmatch(word)
        if not found or found["role"] not in ROLES:
            raise UsageError(f"{source}: key {number} is not name:role:sha256 with a role of {', '.join(ROLES)}.")
        if found["digest"] == NOTHING:
            raise UsageError(f"{source}: key {number} is the hash of an empty text, which everybody has: make another.")
        keys.append(Key(**found.groupdict()))
    twice = sorted({key.name for key in keys if [other.name for other in keys].count(key.name) > 1})
    if twice:
        raise UsageError(
            f"{source}: {', '.join(twice)} stands there more than once; give each client a name of its own."
        )
    return tuple(keys)


def load(*, needed: bool = True, on_platform: bool = False) -> Keys:
    """Returns the keys that the environment names, or None where authentication is switched off.

    Args:
        needed: Whether there must be some.
        on_platform: Whether a platform lets people in: there needs to be no key, and it can't be switched off.

    Raises:
        UsageError: There are none, or a line is wrong.
    """
    switch = os.environ.get("SERVE_AUTH") or "on"
    if switch not in ("on", "off"):
        raise UsageError(f"SERVE_AUTH is {switch!r}: set it to on, or for development to off.")
    if switch == "off":
        if on_platform:
            raise UsageError("SERVE_AUTH is off, and SERVE_PLATFORM is set: remove one; a platform needs no API key.")
        return None
    keys = parse(os.environ.get("SERVE_API_KEYS", ""), "SERVE_API_KEYS")
    path = os.environ.get("SERVE_API_KEYS_FILE")
    if path:
        try:
            keys += parse(Path(path).read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"SERVE_API_KEYS_FILE names {path}, which can't be read: {error}") from None
    if needed and not on_platform and not keys:
        raise UsageError(
            "there are no API keys: make one by `make key NAME=... ROLE=predict` and put its line into SERVE_API_KEYS "
            "or into the file that SERVE_API_KEYS_FILE names; on 127.0.0.1 the service makes one for development."
        )
    return keys


def create(name: str, role: str) -> tuple[str, str]:
    """Returns a new key, and the line by which the service knows it."""
    secret = PREFIX + secrets.token_urlsafe(32)
    line = f"{name}:{role}:{digest(secret.encode())}"
    parse(line, "--name")
    return secret, line


def main() -> None:
    """Makes a key."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}.api_keys", description=__doc__)
    parser.add_argument("verb", choices=["create"])
    parser.add_argument("--name", required=True, help="of the client, for the log: letters, digits, . _ -")
    parser.add_argument("--role", choices=list(ROLES), default="predict")
    args = parser.parse_args()
    secret, line = create(args.name, args.role)
    log.info("key, shown only now, for the client:\n%s", secret)
    log.info("its line, for SERVE_API_KEYS or the file that SERVE_API_KEYS_FILE names:\n%s", line)


if __name__ == "__main__":
    run(main)
