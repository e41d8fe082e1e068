"""Who gets in: every route, sessions, CSRF, origins, headers, bodies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from console.app import create_app
from storage.postgres import Database
from tests.browser.world import PASSWORD, World, services, world_of
from tests.serving import serve

OPEN = {"/healthz", "/readyz", "/login"}
"""Without log-in on purpose; the machines' routes check a token or a signature instead."""

MACHINES = ("console.routes.intake", "console.routes.callbacks", "console.routes.neighbours")


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


def leaves(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route of the app, also those of included routers."""
    for route in routes:
        inner: Any = getattr(route, "original_router", None)
        if inner is not None:
            yield from leaves(inner.routes)
        else:
            yield route


def walk(app: FastAPI) -> list[tuple[str, str, str]]:
    """(method, path with made-up ids, the module that answers) of everything but /static."""
    found = []
    for route in leaves(list(app.routes)):
        if isinstance(route, Mount):
            assert route.path == "/static", "something is mounted that this test does not walk"
            continue
        assert isinstance(route, APIRoute), f"{route} is of a kind that this test does not walk"
        path = route.path.replace("{kind}", "plate").replace("{code}", "7K3QHTA")
        for name in ("{alert}", "{read}", "{source}", "{entry}", "{record}", "{marker}"):
            path = path.replace(name, str(uuid4()))
        assert "{" not in path, f"{path}: give this test a value for its parameter"
        found += [(m, path, route.endpoint.__module__) for m in sorted(route.methods or ())]
    return found


async def test_no_route_opens_without_log_in(world: World) -> None:
    assert world.app is not None
    routes = walk(world.app)
    assert {p for _, p, _ in routes} >= {"/", "/api/alerts", "/api/events", "/api/openapi.json"}
    asked = 0
    async with world.client() as nobody:
        for method, path, module in routes:
            for token in ("", "made-up"):
                nobody.cookies.clear()
                if token:
                    nobody.cookies.set("bolo", token)
                answer = await nobody.request(method, path)
                if path in OPEN:
                    assert answer.status_code in (200, 422), (method, path)
                elif module in MACHINES:
                    assert answer.status_code in (401, 403), (method, path, answer.status_code)
                elif path.startswith(("/api/", "/fragments/", "/images/")):
                    assert answer.status_code == 401, (method, path, answer.status_code)
                    assert answer.json()["error"]["problem"] == "log in first"
                else:
                    assert answer.status_code == 303, (method, path, answer.status_code)
                    assert answer.headers["location"].startswith("/login?next=/")
                asked += 1
            for other in ("GET", "POST", "DELETE"):
                if (
                    path not in OPEN
                    and module not in MACHINES
                    and (other, path) not in {(m, p) for m, p, _ in routes}
                ):
                    answer = await nobody.request(other, path)
                    assert answer.status_code in (303, 401, 404, 405), (other, path)
    assert asked > 50


async def test_no_post_goes_through_with_a_wrong_csrf_token_or_from_another_site(
    world: World,
) -> None:
    assert world.app is not None
    changing = [
        (m, p)
        for m, p, module in walk(world.app)
        if m not in ("GET", "HEAD") and p not in OPEN and module not in MACHINES
    ]
    assert len(changing) > 10
    async with world.logged_in("m.alvarez") as client:
        right = client.headers["X-CSRF"]
        for method, path in changing:
            for headers in (
                {"X-CSRF": "wrong"},
                {"X-CSRF": ""},
                {"X-CSRF": right, "Origin": "https://elsewhere.example"},
                {"X-CSRF": right, "Origin": "null"},
                {"X-CSRF": right, "Sec-Fetch-Site": "cross-site"},
            ):
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code == 403, (method, path, headers)
            form = {"csrf": "wrong"}
            answer = await client.request(method, path, headers={"X-CSRF": ""}, data=form)
            assert answer.status_code == 403
        # The session is as good as before.
        assert (await client.get("/")).status_code == 200


async def test_a_log_in_leads_back_to_the_page_and_nowhere_else(world: World) -> None:
    async with world.client() as client:
        answer = await client.get("/a/7K3QHTA")
        assert answer.headers["location"] == "/login?next=/a/7K3QHTA"
        for asked, back in (
            ("/a/7K3QHTA", "/a/7K3QHTA"),
            ("//evil.example/x", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/logout", "/"),
            ("", "/"),
        ):
            form = {"name": "m.alvarez", "password": PASSWORD, "next": asked}
            answer = await client.post("/login", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, back), asked
            client.cookies.clear()


async def test_a_wrong_password_says_so_and_keeps_the_name(world: World) -> None:
    async with world.client() as client:
        answer = await client.post("/login", data={"name": "m.alvarez", "password": "wrong"})
        assert answer.status_code == 403
        assert "Wrong name or password." in answer.text
        assert 'value="m.alvarez"' in answer.text
        assert "set-cookie" not in answer.headers
        empty = await client.post("/login", data={"name": "<script>", "password": ""})
        assert empty.status_code == 422
        assert "<script>" not in empty.text.split("</head>")[1]
        foreign = {"Origin": "https://elsewhere.example"}
        form = {"name": "m.alvarez", "password": PASSWORD}
        assert (await client.post("/login", data=form, headers=foreign)).status_code == 403


async def test_the_session_cookie_is_for_this_host_and_no_script(world: World) -> None:
    form = {"name": "m.alvarez", "password": PASSWORD}
    async with world.client() as client:
        plain = (await client.post("/login", data=form)).headers["set-cookie"].lower()
    assert plain.startswith("bolo=")
    assert "httponly" in plain
    assert "samesite=lax" in plain
    assert "secure" not in plain
    app = create_app(services(world, "https://bolo.example"))
    async with serve(app) as url, World(world.db, world.images, url).client() as client:
        answer = await client.post("/login", data=form, headers={"Origin": "https://bolo.example"})
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("__host-bolo=")
        assert "secure" in cookie
        assert "path=/" in cookie
        assert "domain" not in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_a_log_out_ends_the_session_on_the_server(world: World) -> None:
    async with world.logged_in("m.alvarez") as client:
        token = client.cookies["bolo"]
        answer = await client.post("/logout")
        assert answer.headers["location"] == "/login"
        client.cookies.set("bolo", token)
        assert (await client.get("/api/alerts")).status_code == 401


async def test_every_answer_carries_the_policy_and_data_is_never_stored(world: World) -> None:
    async with world.logged_in("m.alvarez") as client:
        for path in ("/", "/login", "/api/alerts", "/healthz", "/nothing", "/static/bolo.css"):
            headers = (await client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            store = "no-cache" if path.startswith("/static/") else "no-store"
            assert headers["cache-control"] == store
        page = (await client.get("/")).text
        assert " style=" not in page
        assert "<script>" not in page
        assert " onclick=" not in page


async def test_a_defect_is_said_plainly_and_keeps_the_policy(world: World) -> None:
    async def defect() -> None:
        secret = "482KTB"
        raise RuntimeError(secret)

    assert world.app is not None
    world.app.add_api_route("/defect", defect)
    world.app.add_api_route("/api/defect", defect)
    async with world.client() as client:
        page, api = await client.get("/defect"), await client.get("/api/defect")
    assert page.status_code == api.status_code == 500
    assert "An error of ours" in page.text
    assert api.json()["error"]["problem"]
    assert "482KTB" not in page.text + api.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_body_larger_than_a_person_writes_is_refused(world: World) -> None:
    async with world.logged_in("m.alvarez") as client:
        which = uuid4()
        big = {"reason": "misread", "note": "x" * 100_000}
        answer = await client.post(f"/api/alerts/{which}/reject", json=big)
        assert answer.status_code == 413

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b"x" * 4096

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await client.post("/login", content=pieces(), headers=form)
        assert answer.status_code == 413


async def test_the_description_of_the_api_is_behind_the_log_in_and_whole(world: World) -> None:
    async with world.logged_in("m.alvarez") as client:
        api = (await client.get("/api/openapi.json")).json()
    for path in ("/api/alerts", "/api/alerts/{alert}/verify", "/api/events", "/api/lists"):
        assert path in api["paths"]
    verify = api["paths"]["/api/alerts/{alert}/verify"]["post"]
    assert {"200", "401", "403", "404", "409", "422", "503"} <= set(verify["responses"])
    assert "AlertShown" in str(verify["responses"]["200"])
    assert not [p for p in api["paths"] if p.startswith(("/fragments", "/login", "/a/"))]
