"""docker-compose.yml: valid by the published schema, and safe by our own rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from bolo import settings
from bolo.cli import app
from tests.deploy.conftest import ROOT, interpolated

GIVEN = {
    "POSTGRES_PASSWORD": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "BOLO_PUBLIC_URL": "https://bolo.example.gov",
}
ROLES = {"migrate", "console", "worker", "worker-archive", "courier", "mqtt"}
OPTIONAL = {"mqtt"}
ONE_SHOT = {"migrate"}
Compose = dict[str, Any]
Variables = list[tuple[str, str, str]]


def services(compose: Compose) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_it_is_valid_by_the_schema_of_the_compose_specification(compose: Compose) -> None:
    schema = json.loads(Path(__file__).with_name("compose-spec.json").read_text())
    Draft202012Validator.check_schema(schema)
    problems = [
        f"{'.'.join(map(str, e.absolute_path))}: {e.message}"
        for e in Draft202012Validator(schema).iter_errors(compose)
    ]
    assert problems == []


def test_the_schema_does_find_a_mistake(compose: Compose) -> None:
    schema = json.loads(Path(__file__).with_name("compose-spec.json").read_text())
    wrong = json.loads(json.dumps(compose))
    wrong["services"]["console"]["helthcheck"] = {}
    assert list(Draft202012Validator(schema).iter_errors(wrong))


def test_every_role_of_bolo_is_a_service_beside_kafka_and_postgresql(compose: Compose) -> None:
    assert set(services(compose)) == {*ROLES, "kafka", "db"}
    assert services(compose)["kafka"]["image"].startswith("apache/kafka:4.1.")
    assert services(compose)["db"]["image"].startswith("postgres:17.")


def test_only_what_an_agency_may_do_without_is_behind_a_profile(compose: Compose) -> None:
    profiles = {n: s["profiles"] for n, s in services(compose).items() if "profiles" in s}
    assert profiles == {name: [name] for name in OPTIONAL}


def test_every_service_that_runs_on_is_checked_and_started_again(compose: Compose) -> None:
    for name, service in services(compose).items():
        if name in ONE_SHOT:
            assert service["healthcheck"] == {"disable": True}
            assert service["restart"] == "no"
            continue
        assert service["healthcheck"]["test"], name
        assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])
        assert service["restart"] == "unless-stopped", name


def test_roles_wait_for_the_migration_and_healthy_servers(compose: Compose) -> None:
    healthy = {"condition": "service_healthy"}
    for name in ROLES:
        waits = services(compose)[name]["depends_on"]
        assert waits["db"] == waits["kafka"] == healthy
        if name not in ONE_SHOT:
            assert waits["migrate"] == {"condition": "service_completed_successfully"}


def test_images_are_pinned_and_ours_has_the_projects_version(
    compose: Compose, project: dict[str, Any]
) -> None:
    for name, service in services(compose).items():
        image, _, tag = service["image"].partition(":")
        assert re.match(r"\d+\.\d+", tag), f"{name} has no pinned version"
        assert "latest" not in tag
        if name in ROLES:
            assert (image, tag) == ("bolo", project["project"]["version"])


def test_no_secret_has_a_default(compose_text: str, variables: Variables) -> None:
    secret = re.compile(r"PASSWORD|TOKEN|SECRET|ACCOUNT_SID|KEY")
    for name, how, rest in variables:
        if secret.search(name):
            assert how == ":?" or rest == "", f"{name} has a default"
    assert ("POSTGRES_PASSWORD", ":?", "set it in .env") in variables
    for line in compose_text.splitlines():
        key, _, value = line.strip().partition(": ")
        if secret.search(key) and not key.startswith("#"):
            assert value.startswith("${"), line


def test_without_the_required_variables_it_does_not_start(compose: Compose) -> None:
    url = services(compose)["console"]["environment"]["BOLO_DATABASE_URL"]
    with pytest.raises(KeyError, match="POSTGRES_PASSWORD"):
        interpolated(url, {})


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_roles_variables_are_real_settings_with_values_that_hold(
    role: str, compose: Compose, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = services(compose)[role]["environment"]
    assert settings.strangers(environment) == []
    for name, value in environment.items():
        monkeypatch.setenv(name, interpolated(str(value), GIVEN))
    found = settings.load()
    assert found.images_url == "file:///var/lib/bolo/images"
    assert found.kafka == "kafka:9092"
    assert GIVEN["POSTGRES_PASSWORD"] in found.database_url
    if role not in ONE_SHOT:
        assert found.ops_port > 0, "its health check asks there"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_roles_command_exists(role: str, compose: Compose) -> None:
    command = services(compose)[role]["command"]
    overview = CliRunner().invoke(app, ["--help"])
    assert re.search(rf"^\W*{command[0]}\s", overview.output, re.MULTILINE)
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    for option in (c for c in command if c.startswith("--")):
        assert option in result.output


def test_only_the_console_is_published_and_only_to_this_machine(compose: Compose) -> None:
    published = {n: s["ports"] for n, s in services(compose).items() if "ports" in s}
    assert set(published) == {"console"}
    assert all(p.startswith("127.0.0.1:") for p in published["console"])


def test_the_servers_are_on_a_network_without_a_way_out(compose: Compose) -> None:
    assert compose["networks"]["back"] == {"internal": True}
    outside = {n for n, s in services(compose).items() if "front" in s["networks"]}
    assert outside == {"console", "courier", "mqtt"}


def test_bolo_runs_unprivileged_on_a_read_only_root(compose: Compose) -> None:
    user = re.search(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user is not None
    for name, service in services(compose).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service
        if name in ROLES:
            assert service["user"] == user[1]
        if name != "kafka":
            assert service["read_only"] is True, name
            assert not service["user"].startswith(("0", "root"))


def test_what_must_persist_is_in_named_volumes(compose: Compose) -> None:
    assert set(compose["volumes"]) == {"kafka", "db", "images"}
    found = {
        n: [v.split(":")[0] for v in s.get("volumes", [])] for n, s in services(compose).items()
    }
    assert found["kafka"] == ["kafka"]
    assert found["db"] == ["db"]
    assert found["console"] == ["images"]
    assert "images" in found["courier"]


def test_env_example_names_every_variable_and_no_other(variables: Variables) -> None:
    text = (ROOT / "deploy/env.example").read_text()
    named = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    assert set(named) == {name for name, _, _ in variables}
    for name, how, rest in variables:
        assert named[name] == ("" if how == ":?" else rest), f"{name} differs from its default"
    assert settings.strangers(n for n in named if n.startswith("BOLO_")) == []
