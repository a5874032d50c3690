"""A release that moves 40 modules, splits 5 and renames a folder, made from a rendered project, with its list of moves.

The new texts are made by other means than the guard's: import statements are written again and sorted, as people and
linters do, so that the template's text and the rewritten text of a project differ in places.
"""

import ast
import re

import yaml

ROOMS = {
    "data": "ingest source split sample suite leakage validate schema roles expectations",
    "training": "train experiment tracking registry relocate recording register",
    "evaluation": "evaluate slices fairness gates champion plots gate_params",
    "reporting": "card model_card markdown_page data_docs html_page",
    "governance": "audit audit_chain audit_commands audit_proof audit_reanchor audit_report evidence licences",
    "cost": "budget cost_page prices",
    "core": "params paths lineage usage contract foreign",
    "serving": "serve/app serve/answer serve/bundle serve/compile serve/request serve/service serve/export",
}
RENAMED = {
    "parse": "data/casting",
    "artifact": "core/canonical",
    "measure": "evaluation/held_out",
    "cost": "cost/forecast",  # a module becomes a package of its name
    "infer/asked": "schema_inference/options",
    "infer/decide": "schema_inference/decisions",
}
INFER = "__init__ __main__ constraints kinds params_text profiling reading schema_text sniff targets"
SPLIT = {
    "stage": {
        "core/errors": ["Refusal"],
        "core/runner": ["run", "OWN", "Harmless", "tell"],
        "core/atomic": ["replacing", "write"],
    },
    "files": {
        "data/listing": ["files", "parquet_files", "fingerprint", "head", "FILE_SCHEMES"],
        "data/scanning": ["is_parquet", "arrow_filesystem", "scan", "BATCH_ROWS"],
    },
    "metrics": {"core/prediction": ["codes", "answers", "predict", "decide"], "evaluation/bootstrap": ["intervals"]},
    "model": {"core/persistence": ["save", "load", "TRUSTED"]},
    "features": {"data/frames": ["frame", "labels", "_as_float"]},
}
Files = dict[str, str]


def _moves() -> dict[str, str]:
    moves = {name: f"{room}/{name.split('/')[-1]}" for room, names in ROOMS.items() for name in names.split()}
    return moves | RENAMED | {f"infer/{name}": f"schema_inference/{name}" for name in INFER.split()}


MOVES = _moves()


def listed() -> str:
    """Returns the list of moves as the release ships it."""
    where = "src/{package}/"
    moves = {f"{where}{old}.py": f"{where}{new}.py" for old, new in MOVES.items()}
    moves["docs/governance.md"] = "docs/explanation/governance.md"
    splits = {
        f"{where}{old}.py": {f"{where}{new}.py": names for new, names in places.items()}
        for old, places in SPLIT.items()
    }
    return yaml.safe_dump({"moves": moves, "splits": splits}, sort_keys=False)


def without_markers(text: str) -> str:
    """Returns a text with both sides of its conflicts."""
    return re.sub(r"(?m)^(<{7}|={7}|>{7})( .*)?\n", "", text)


def moved(files: Files, package: str) -> Files:
    """Returns a rendered project as the release has it."""
    return _Release(files, package).made()


class _Release:
    """One rendering of the release."""

    def __init__(self, files: Files, package: str) -> None:
        self.files, self.package, self.root = files, package, f"src/{package}"
        self.modules = {old: new for old, new in MOVES.items() if self._path(old) in files}
        self.names = {
            old: {name: new for new, names in places.items() for name in names}
            for old, places in SPLIT.items()
            if self._path(old) in files
        }
        self._new = {self._path(old): self._path(new) for old, new in self.modules.items()}
        dotted = {old: new for old, new in self.modules.items() if "__" not in old} | {"infer": "schema_inference"}
        self._new |= {
            f"{package}.{old}".replace("/", "."): f"{package}.{new}".replace("/", ".") for old, new in dotted.items()
        }
        known = sorted(map(re.escape, self._new), key=len, reverse=True)
        self._known = re.compile(rf"(?:{'|'.join(known)})(?!\w)")

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}.py"

    def made(self) -> Files:
        """Moves, splits, and rewrites all files."""
        made: Files = {}
        for path, text in self.files.items():
            old = path.removeprefix(f"{self.root}/").removesuffix(".py")
            if not path.endswith(".py"):
                new = "docs/explanation/governance.md" if path == "docs/governance.md" else path
                made[new] = self._text(text)
            elif self._path(old) == path and old in self.names:
                made |= self._split(old, text)
            else:
                new = self.modules.get(old, old) if self._path(old) == path else None
                made[self._path(new) if new else path] = self._python(text, old if new else None, new)
        rooms = {path.rpartition("/")[0] for path in made if path.startswith(f"{self.root}/")}
        return {f"{room}/__init__.py": f'"""{room.rpartition("/")[2]}."""\n' for room in sorted(rooms)} | made

    def _text(self, text: str) -> str:
        """Replaces dotted names and paths in plain text."""
        lines = []
        for line in text.splitlines(keepends=True):
            many = next((old for old in self.names if f"src/{self.package}/{old}.py" in line), None)
            if many:
                rest = [] if many in ("stage", "files") else [many]
                places = dict.fromkeys([*rest, *self.names[many].values()])
                lines += [line.replace(self._path(many), self._path(new)) for new in places]
                continue
            lines.append(self._known.sub(lambda match: self._new[match[0]], line))
        return "".join(lines)

    def _target(self, base: str, name: str) -> tuple[str, str]:
        """Returns module and name of an import, both below the package."""
        whole = f"{base}/{name}".strip("/")
        if whole in self.modules:
            room, _, leaf = self.modules[whole].rpartition("/")
            return room, leaf
        if f"{whole}/__init__" in self.modules:
            return "", self.modules[f"{whole}/__init__"].removesuffix("/__init__")
        if name in self.names.get(base, {}):
            return self.names[base][name], name
        new = self.modules.get(base) or self.modules.get(f"{base}/__init__", base).removesuffix("/__init__")
        return new, name

    def _python(self, text: str, old: str | None, new: str | None) -> str:
        """Writes the import statements of the package's modules again; `old` is none for a file outside of it."""
        text = self._text(text)
        lines, tree = text.splitlines(keepends=True), ast.parse(text)
        here = [] if new is None else new.split("/")[:-1]
        uses: dict[str, str] = {}
        for node in sorted(ast.walk(tree), key=lambda node: -getattr(node, "lineno", 0)):
            base = self._base(node, old) if isinstance(node, ast.ImportFrom) else None
            if base is None or not isinstance(node, ast.ImportFrom):
                continue
            items: dict[str, set[str]] = {}
            for alias in node.names:
                whole = f"{base}/{alias.name}".strip("/")
                if whole in self.names:
                    for module in self._used(text, whole, items):
                        items.setdefault(module.rpartition("/")[0], set()).add(module.rpartition("/")[2])
                    uses[whole] = alias.name
                    continue
                module, name = self._target(base, alias.name)
                local = alias.asname or alias.name
                items.setdefault(module, set()).add(name if name == local else f"{name} as {local}")
            indent = lines[node.lineno - 1][: node.col_offset]
            made = [f"{indent}{line}\n" for line in self._statements(items, here, outside=new is None)]
            lines[node.lineno - 1 : node.end_lineno] = made
        text = "".join(lines)
        for whole, local in uses.items():
            for name, module in self.names[whole].items():
                text = re.sub(rf"(?<![\w.\"]){local}\.{name}(?!\w)", f"{module.rpartition('/')[2]}.{name}", text)
                text = re.sub(rf"\({local}, \"{name}\"", f'({module.rpartition("/")[2]}, "{name}"', text)
        return text

    def _used(self, text: str, whole: str, items: dict[str, set[str]]) -> list[str]:
        local = whole.rpartition("/")[2]
        names = set(re.findall(rf"(?<![\w.]){local}\.(\w+)", text)) | set(re.findall(rf'\({local}, "(\w+)"', text))
        return sorted({self.names[whole].get(name, whole) for name in names})

    def _base(self, node: ast.ImportFrom, old: str | None) -> str | None:
        module = (node.module or "").replace(".", "/")
        if node.level and old is not None:
            folder = old.split("/")[:-1]
            return "/".join([*folder[: len(folder) - node.level + 1], *([module] if module else [])])
        if not node.level and f"{module}/".startswith(f"{self.package}/"):
            return module.removeprefix(self.package).strip("/")
        return None

    def _statements(self, items: dict[str, set[str]], here: list[str], *, outside: bool) -> list[str]:
        made = []
        for module in sorted(items):
            parts = module.split("/") if module else []
            same = 0
            while same < min(len(parts), len(here)) and parts[same] == here[same]:
                same += 1
            name = "." * (len(here) - same + 1) + ".".join(parts[same:])
            if outside:
                name = ".".join([self.package, *parts])
            line = f"from {name} import {', '.join(sorted(items[module]))}"
            if len(line) > 120:
                line = f"from {name} import (\n    " + ",\n    ".join(sorted(items[module])) + ",\n)"
            made.append(line)
        return made

    def _split(self, old: str, text: str) -> Files:
        """Takes the names of a module apart; each part has all imports of the module, and those of other parts."""
        tree = ast.parse(text)
        lines = text.splitlines(keepends=True)
        parts: dict[str, list[str]] = {}
        imports: list[str] = []
        owner: dict[str, str] = {}
        after = 0
        for node in tree.body:
            source = "".join(lines[after : node.end_lineno])
            after = node.end_lineno or after
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.append(source)
                continue
            names = [getattr(node, "name", None)] + [
                target.id
                for target in (getattr(node, "targets", None) or [getattr(node, "target", None)])
                if isinstance(target, ast.Name)
            ]
            place = next((self.names[old][name] for name in names if name in self.names[old]), old)
            owner |= {name: place for name in names if name}
            if not (isinstance(node, ast.Expr) and not parts):  # the docstring
                parts.setdefault(place, []).append(source)
        made = {}
        for place, blocks in parts.items():
            used = {node.id for node in ast.walk(ast.parse("".join(blocks))) if isinstance(node, ast.Name)}
            others = sorted(name for name in used if owner.get(name, place) != place)
            extra = "".join(f"from .{old.rpartition('/')[2]} import {name}\n" for name in others)
            whole = f'"""{place.rpartition("/")[2]}."""\n' + "".join(imports) + extra + "".join(blocks)
            made[self._path(place)] = self._python(whole, old, place)
        return made
