"""Everything that is used of Hydra and OmegaConf without being a part of their public interface.

No other module uses such names, and `tests/cli/test_hydra_private.py` fails where an upgrade changes them.  Each is
here for one of two reasons.

What a config could do before a job starts must be checked before Hydra makes or writes anything, and `hydra.main`
offers no place for that.  So the same objects are made here, the config is composed and checked, and then handed to
the run (`Once`), which would otherwise compose it twice more.

Composing is most of the time between the command and the first request.  YAML is read by libyaml instead of PyYAML's
own parser, a file is parsed once in a process, and all files are merged in one step instead of one by one: after each
step OmegaConf corrects the parents of every node.  Rejected: to keep composed configs on disk, which saves more, but
would have to notice whatever changes a config.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import IO, Any, cast

import yaml  # type: ignore[import-untyped]
from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, IConfigRepository
from hydra._internal.core_plugins import file_config_source
from hydra._internal.hydra import Hydra as Hydra
from hydra._internal.sources_registry import SourcesRegistry
from hydra._internal.utils import _run_app, create_automatic_config_search_path, get_args_parser
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.default_element import ResultDefault
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode, TaskFunction
from omegaconf import DictConfig, OmegaConf, flag_override
from omegaconf._utils import get_yaml_loader
from omegaconf.errors import OmegaConfBaseException

from selfinstruct import __version__

parsed: dict[Path, tuple[tuple[int, int], Any]] = {}
"""The size and time of change of each file that was read, and what it holds."""

OmegaConfLoader: type = get_yaml_loader()
Loader = OmegaConfLoader
if yaml.__with_libyaml__:
    from yaml.cyaml import CParser  # type: ignore[import-untyped]

    class Loader(CParser, OmegaConfLoader):  # type: ignore[no-redef, misc]
        """OmegaConf's rules for values and for keys that occur twice, on the parser written in C."""

        def __init__(self, stream: IO[str]) -> None:
            CParser.__init__(self, stream)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds, as `OmegaConf.load` reads it; the result must not be changed."""
    status = path.stat()
    version_of = status.st_size, status.st_mtime_ns
    known = parsed.get(path)
    if known is None or known[0] != version_of:
        content = path.read_text(encoding="utf-8")
        try:
            found = yaml.load(StringIO(content), Loader=Loader)  # noqa: S506  (it makes only plain values)
        except yaml.YAMLError:  # the other parser may accept it, and says better what is wrong
            found = yaml.load(StringIO(content), Loader=OmegaConfLoader)  # noqa: S506
        known = parsed[path] = version_of, found
    return known[1]


class FileConfigSource(file_config_source.FileConfigSource):
    """Reads config files with `read_yaml`; the name must be that of Hydra's class, which registers itself later."""

    def load_config(self, config_path: str) -> ConfigResult:
        """Return a config file; what is not a file of keys with values is left to Hydra, which reports it."""
        path = Path(self.path, self._normalize_file_name(config_path)).resolve()
        found = read_yaml(path) if path.is_file() else None
        if not isinstance(found, dict):
            return super().load_config(config_path)
        with path.open(encoding="utf-8") as file:
            header = self._get_header_dict(file.read(512))
        place = f"{self.scheme()}://{self.path}"
        return ConfigResult(config=OmegaConf.create(found), path=place, provider=self.provider, header=header)


SourcesRegistry.instance().types["file"] = FileConfigSource


class Together(ResultDefault):
    """All files of a config, in place of one."""

    def __init__(self, files: list[ResultDefault]) -> None:
        super().__init__(config_path="config")
        self.files = files


class Once(ConfigLoaderImpl):
    """Merges all files in one step, and gives a run the config that was checked instead of composing it again."""

    kept: tuple[list[str], DictConfig] | None = None
    """The words that were checked first, and their config."""

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Called by `compose`, and then by the run, which is one of the shell."""
        if from_shell and run_mode is RunMode.RUN and self.kept is not None and self.kept[0] == overrides:
            config, self.kept = self.kept[1], None
            return config
        config = super().load_configuration(config_name, overrides, run_mode, from_shell, validate_sweep_overrides)
        if not from_shell and self.kept is None:
            self.kept = list(overrides), config
        return config

    def _compose_config_from_defaults_list(self, defaults: list[ResultDefault], repo: IConfigRepository) -> DictConfig:
        """Merge all files at once; where that fails, one by one as Hydra does, so that the error names the file."""
        try:
            return super()._compose_config_from_defaults_list([Together(defaults)], repo)
        except (HydraException, OmegaConfBaseException):
            cast(CachingConfigRepository, repo).cache.clear()  # merging has changed what was loaded
            return super()._compose_config_from_defaults_list(defaults, repo)

    def _load_single_config(self, default: ResultDefault, repo: IConfigRepository) -> ConfigResult:
        """Return one file, or all of them merged."""
        if not isinstance(default, Together):
            return super()._load_single_config(default, repo)
        merged = OmegaConf.create()
        loaded = [super(Once, self)._load_single_config(file, repo).config for file in default.files]
        with flag_override(merged, "no_deepcopy_set_nodes", True):
            merged.merge_with(*loaded)
        return ConfigResult(provider="", path="", config=merged, header={"package": None})


def parser() -> ArgumentParser:
    """Return Hydra's parser of the command line; its `--version` is ours."""
    found = get_args_parser()
    vars(found._option_string_actions["--version"])["version"] = f"selfinstruct {__version__}"
    return found


@contextmanager
def in_use(hydra: Hydra | None) -> Iterator[None]:
    """Let Hydra's `compose` use this object while it lasts; None for none, so that another can be initialized."""
    before, GlobalHydra.instance().hydra = GlobalHydra.instance().hydra, hydra
    try:
        yield
    finally:
        GlobalHydra.instance().hydra = before


def hydra_for(config_path: str, config_dir: str | None = None, module: str = __file__) -> Hydra:
    """Return Hydra with the search path that `hydra.main`, called by a module, would make of the two flags."""
    version.setbase("1.3")
    path = create_automatic_config_search_path(module, None, config_path)
    if config_dir is not None:
        place = f"file://{Path(config_dir).absolute()}"
        path.prepend(provider="command-line", path=place, anchor=SearchPathQuery(provider="schema"))
    return Hydra(task_name="job", config_loader=Once(path))


def run_app(hydra: Hydra, typed: Namespace, config_name: str, mode: RunMode | None, task: TaskFunction) -> None:
    """Do what `hydra.main` does, without composing the config to ask for its mode."""
    with in_use(hydra):
        _run_app(
            run=not typed.multirun,
            multirun=typed.multirun,
            mode=mode or (None if typed.multirun else RunMode.RUN),
            hydra=hydra,
            config_name=config_name,
            task_function=task,
            overrides=typed.overrides,
        )


def run_folder(config: DictConfig) -> Path:
    """Return the folder that Hydra is about to make for a composed run; `${now:}` stays the same when it runs."""
    current = HydraConfig.instance()
    before, current.cfg = current.cfg, cast(Any, config)
    try:
        return Path(str(OmegaConf.select(config, "hydra.run.dir"))).absolute()
    finally:
        current.cfg = before
