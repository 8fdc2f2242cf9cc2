"""Files and environments: which are found, and how one is laid over another."""

import pytest

from carto_at_installer.config import Config, ConfigLoader, InvalidConfigError
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.errors import ConfigError
from carto_at_installer.core.options import InstallOptions

BASE = """\
aws:
  region: eu-west-1
  tags: {team: gis, stage: base}
redshift:
  cluster_id: base-cluster
  database: dev
lambda: {memory_mb: 512}
deployment:
  modules: [quadbin, h3]
"""
PROD = """\
aws:
  tags: {stage: prod, team: null}
redshift:
  workgroup: prod-group
  schema: tools
lambda: null
deployment:
  modules: [s2]
"""


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yml", ".yml").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.fixture
def loader(tmp_path):
    return ConfigLoader({}, tmp_path)


def check_merged(config):
    assert config.environment == "prod"
    assert config.region == "eu-west-1"
    assert config.tags == {"stage": "prod"}
    assert config.workgroup == "prod-group"
    assert config.cluster_id is None
    assert config.database == "dev"
    assert config.schema == "tools"
    assert config.lambda_defaults.memory_mb is None
    assert config.selection.modules == ("s2",)


def test_environments_in_one_file(tmp_path, loader):
    write(tmp_path, carto_at_yml="")
    (tmp_path / "carto-at.yml").write_text(
        f"{BASE}environments:\n  prod:\n{indented(PROD)}  empty:\n", encoding="utf-8"
    )
    check_merged(loader.load_config(environment="prod"))
    base = loader.load_config()
    assert (base.cluster_id, base.environments) == ("base-cluster", ("empty", "prod"))
    assert loader.load_config(environment="empty").cluster_id == "base-cluster"


def test_environments_in_files_of_a_folder(tmp_path, loader):
    write(tmp_path, configs__base_yaml=BASE, configs__prod_yaml=PROD, configs__dev_yml="")
    folder = tmp_path / "configs"
    for path in (None, folder, folder / "base.yaml"):
        config = loader.load_config(path, "prod")
        check_merged(config)
        assert config.environments == ("dev", "prod")
        assert [file.name for file in config.files] == ["base.yaml", "prod.yaml"]
    assert loader.load_config(folder).cluster_id == "base-cluster"


def test_a_folder_needs_no_base(tmp_path, loader):
    write(tmp_path, configs__prod_yaml=PROD)
    assert loader.load_config(environment="prod").workgroup == "prod-group"


def test_nothing_is_an_empty_configuration(tmp_path, loader):
    assert loader.load_config() == Config()
    write(tmp_path, configs__base_yaml=BASE)
    assert loader.load_config() == Config()


def test_a_file_of_comments_is_an_empty_configuration(tmp_path, loader):
    write(tmp_path, x_yml="# nothing\n", y_yml="aws:\n  # region: x\nlambda:\n")
    assert loader.load_config(tmp_path / "x.yml").given == {}
    assert loader.load_config(tmp_path / "y.yml").given == {}


def test_a_section_without_a_value_says_nothing_but_null_takes_back(tmp_path, loader):
    write(
        tmp_path,
        c_yml="aws: {region: eu-west-1}\nenvironments: {a: {aws: }, b: {aws: null}, c: {aws: {region: null}}}",
    )
    regions = [loader.load_config(tmp_path / "c.yml", name).region for name in "abc"]
    assert regions == ["eu-west-1", None, None]


def test_the_alternative_of_a_lower_layer_is_taken_back(tmp_path, loader):
    write(
        tmp_path,
        c_yml="redshift: {cluster_id: a, database: d, db_user: u}\n"
        "environments: {serverless: {redshift: {workgroup: grp, "
        "secret_arn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x'}}}",
    )
    config = loader.load_config(tmp_path / "c.yml", "serverless")
    assert (config.cluster_id, config.db_user) == (None, None)
    config.validate()


@pytest.mark.parametrize(
    ("files", "path", "environment", "message"),
    [
        ({}, "no.yml", None, "There is no file"),
        ({}, None, "dev", "no configuration to take the environment 'dev' from"),
        ({"a_yml": BASE}, "a.yml", "dev", "There is no environment 'dev' in"),
        ({"a_yml": "environments: {prod: {}}"}, "a.yml", "prd", "did you mean 'prod'"),
        ({"a_yml": BASE, "dev_yml": ""}, "a.yml", "dev", "There is no environment 'dev' in"),
        ({"a_yml": BASE}, "a.yml", "../x", "is not the name of an environment"),
        ({"configs__dev_yml": "", "configs__dev_yaml": ""}, None, "dev", "Keep one, or name it"),
        (
            {"configs__base_yml": "environments: {dev: {}}", "configs__dev_yml": ""},
            None,
            "dev",
            "The environment 'dev' is in",
        ),
    ],
)
def test_what_is_not_there_or_not_clear_is_refused(
    tmp_path, loader, files, path, environment, message
):
    write(tmp_path, **files)
    with pytest.raises(ConfigError) as raised:
        loader.load_config(tmp_path / path if path else None, environment)
    assert message in f"{raised.value.message} {raised.value.hint}"


def test_the_file_of_an_environment_has_none_of_its_own(tmp_path, loader):
    write(tmp_path, configs__dev_yml="environments: {x: {}}")
    with pytest.raises(InvalidConfigError, match="no 'environments' of its own"):
        loader.load_config(environment="dev")


def test_faults_are_named_by_the_file_they_are_in(tmp_path, loader):
    write(tmp_path, configs__base_yml="aws: {x: 1}", configs__dev_yml="\naws: {region: y}\n")
    with pytest.raises(InvalidConfigError) as raised:
        loader.load_config(environment="dev")
    assert [fault.file for fault in raised.value.faults] == ["configs/base.yml"]
    write(tmp_path, configs__base_yml="aws: {}")
    with pytest.raises(InvalidConfigError) as raised:
        loader.load_config(environment="dev")
    assert str(raised.value.faults[0]).startswith("configs/dev.yml:2: aws.region: 'y' is not")


def test_a_value_that_is_overruled_needs_no_variable(tmp_path, loader):
    write(tmp_path, c_yml="aws: {region: '${NONE}'}\nenvironments: {a: {aws: {region: eu-west-1}}}")
    assert loader.load_config(tmp_path / "c.yml", "a").region == "eu-west-1"


def test_the_typed_access_that_other_programs_use(tmp_path):
    write(tmp_path, c_yml=BASE)
    config = ConfigLoader().load_config(tmp_path / "c.yml")
    assert config.profile is None
    assert config.lambda_prefix == "carto-at-redshift"
    assert config.lambda_defaults.invoke_role == "create"
    assert config.lambda_defaults.log_retention_days == 30
    options = config.install_options()
    assert isinstance(options, InstallOptions)
    assert options.target.cluster_id == "base-cluster"
    assert options.architecture is Architecture.X86_64
    assert options.memory_mb == 512
    assert options.tags == {"team": "gis", "stage": "base"}
    with pytest.raises(KeyError):
        config.get("nosuch")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "Missing", "redshift.cluster_id"),
        ("redshift: {cluster_id: a}", "Missing", "redshift.database"),
        ("redshift: {cluster_id: a, workgroup: abc, database: d}", "Name one target", "workgroup"),
        ("redshift: {workgroup: abc, database: d, db_user: u}", "does not work", "secret_arn"),
    ],
)
def test_validate_names_what_an_installation_misses(tmp_path, text, message, hint):
    write(tmp_path, c_yml=text)
    config = ConfigLoader({}).load_config(tmp_path / "c.yml")
    with pytest.raises(ConfigError) as raised:
        config.validate()
    assert message in raised.value.message
    assert "c.yml" in raised.value.message
    assert hint in raised.value.hint
