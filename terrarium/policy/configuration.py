"""What a unit's Terraform files say that its plan does not: which arguments they write, and
``prevent_destroy``.

In a plan, an argument that the provider computes looks like one that somebody wrote: the rules of a
security group, once applied, appear in the group as well. The files are the module's, and those
that Terragrunt generates beside them, overrides among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.config.context import Settings
from terragrunt_runner.config.model import Config
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.language.parser import parse
from terragrunt_runner.language.syntax_tree import Block, Literal
from terragrunt_runner.run import module_source, working_folder
from terragrunt_runner.run.working_folder import CopyRules

from terrarium.errors import ConfigurationError
from terrarium.settings import Environment
from terrarium.terraform.plan import Resource


@dataclass(frozen=True, slots=True)
class Written:
    """One resource block: the names of its arguments and nested blocks, dynamic ones included."""

    names: frozenset[str] = frozenset()
    prevents_destroy: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """The resource blocks of one module folder by address, without those of modules it calls."""

    resources: Mapping[str, Written] = field(default_factory=dict)

    def writes(self, resource: Resource, name: str) -> bool:
        """Whether the argument or block is written; True for a resource that is not of this
        folder, where that cannot be told."""
        written = self.resources.get(resource.base)
        return written is None or name in written.names

    def keeps(self, resource: Resource) -> bool:
        """Whether Terraform refuses to destroy it."""
        written = self.resources.get(resource.base)
        return written is not None and written.prevents_destroy


class Configurations:
    """The Terraform configurations of an environment's units, on a target."""

    def __init__(self, environment: Environment, environ: Mapping[str, str]) -> None:
        self._environment = environment
        self._reader = Reader(Settings(environment=environ, working_dir=environment.path))

    def module(self, unit: str) -> Path:
        """The folder of the unit's module. Raises ConfigurationError for a remote one."""
        return self._module(self._config(unit))

    def of(self, unit: str) -> Configuration:
        """What Terraform would read there. Raises ConfigurationError."""
        config = self._config(unit)
        rules = CopyRules.of(config.terraform)
        copied = working_folder.files_of(self._module(config), rules)
        copied |= working_folder.files_of(config.folder, rules)
        files = working_folder.with_generated(copied, "", config.generate)
        return read(
            {
                Path(name): content if isinstance(content, bytes) else content.read_bytes()
                for name, content in files.items()
                if name.endswith(".tf") and "/" not in name
            }
        )

    def _config(self, unit: str) -> Config:
        return self._reader.ahead(self._environment.unit(unit) / "terragrunt.hcl")

    def _module(self, config: Config) -> Path:
        terraform = config.terraform
        if terraform is not None and terraform.source:
            source = module_source.resolve(terraform.source, config.folder, terraform.place)
            if source.root is not None:
                return (source.root / source.subfolder).resolve()
        raise ConfigurationError("its module is not a folder of this checkout", file=config.file)


def read(files: Mapping[Path, bytes]) -> Configuration:
    """The configuration of the ``.tf`` files of one folder, by name.

    Source: Terraform documentation, "Override Files": overrides come last, in the order of their
    names, and a lifecycle argument of theirs replaces the one before it.

    Raises ConfigurationError for what is not HCL.
    """
    found: dict[str, Written] = {}
    for file in sorted(files, key=lambda file: (_is_override(file), file.name)):
        for block in parse(files[file], file).blocks:
            if block.type == "resource":
                address = ".".join(block.labels)
                found[address] = _merged(found.get(address, Written()), block)
    return Configuration(found)


def _is_override(file: Path) -> bool:
    return file.stem == "override" or file.stem.endswith("_override")


def _merged(before: Written, resource: Block) -> Written:
    names = {*before.names, *resource.body.attributes}
    prevents_destroy = before.prevents_destroy
    for block in resource.body.blocks:
        names.add(block.labels[0] if block.type == "dynamic" else block.type)
        said = block.body.attributes.get("prevent_destroy") if block.type == "lifecycle" else None
        if said is not None:
            value = said.expression
            prevents_destroy = isinstance(value, Literal) and value.value is True
    return Written(frozenset(names), prevents_destroy)
