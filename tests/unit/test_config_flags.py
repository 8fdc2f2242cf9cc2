"""The shared options of the commands: every one has its variable, and settings are the same everywhere."""

from importlib import import_module

import click
import pytest

from carto_at_installer.cli.flags import Names
from carto_at_installer.cli.root import COMMANDS, root
from carto_at_installer.config.settings import BY_NAME, SETTINGS, Kind

# Options that belong to one call, not to a place or a person: they come from the command line alone.
OF_ONE_CALL = {"sandbox"}
SHARED_ELSEWHERE = {"output", "verbose", "quiet", "no_color", "config_file", "environment"}


def commands():
    """Every command with its name, groups opened."""
    for name in COMMANDS:
        command = root.get_command(None, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", command.commands[sub]) for sub in command.commands)
        else:
            yield name, command


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_every_shared_option_has_its_variable(name):
    for option in ALL[name].params:
        shared = option.name in BY_NAME or option.name in SHARED_ELSEWHERE
        if isinstance(option, click.Option) and shared and option.name not in OF_ONE_CALL:
            assert str(option.envvar).startswith("CARTO_AT_"), f"{name} {option.opts}"


@pytest.mark.parametrize("name", ALL)
def test_an_option_of_a_setting_is_that_of_the_table(name):
    for option in ALL[name].params:
        setting = BY_NAME.get(option.name)
        if isinstance(option, click.Option) and setting:
            assert option.opts == [f for f in (setting.flag, setting.other_flag) if f]
            assert option.envvar == setting.variable
            assert option.help.startswith(setting.help)
            assert option.multiple is (setting.kind is Kind.TEXTS)


def test_config_show_has_an_option_for_every_setting():
    names = {option.name for option in ALL["config show"].params}
    assert {setting.name for setting in SETTINGS} <= names


def test_commands_that_reach_a_database_take_a_configuration():
    for name, command in ALL.items():
        names = {option.name for option in command.params}
        if "cluster_id" in names and name != "config init":
            assert {"config_file", "environment"} <= names, name


def test_names_are_split_at_commas_or_taken_from_a_list():
    convert = Names().convert
    assert convert(" a, b ,,c", None, None) == ("a", "b", "c")
    assert convert(["a", "b"], None, None) == ("a", "b")
    assert convert("", None, None) == ()


def test_reading_settings_needs_no_yaml():
    module = import_module("carto_at_installer.cli.flags")
    assert "yaml" not in vars(module)
