"""Setting up an installation from the command line: agencies, people, cameras, recipients.

Who runs a command is recorded by the operating system's user name: `cli:NAME`.
"""

from __future__ import annotations

import asyncio
import getpass
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from domain.clock import system_clock
from domain.errors import BoloError

agencies = typer.Typer(no_args_is_help=True, help="Agencies, by their ORI.")
people = typer.Typer(no_args_is_help=True, help="People who log in.")
cameras = typer.Typer(no_args_is_help=True, help="Cameras and their tokens.")
recipients = typer.Typer(no_args_is_help=True, help="Whom to tell of verified alerts.")

Agency = Annotated[str, typer.Option(help="ORI of the agency, nine characters.")]


def operator() -> str:
    """Who is at the keyboard, for the audit trail."""
    return f"cli:{getpass.getuser()}"


def in_transaction(work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Run `work(connection)` in one transaction of the configured database."""
    from bolo.settings import load
    from storage.postgres import Database

    async def go() -> Any:
        async with Database(load().database_url, size=2) as db, db.transaction() as conn:
            return await work(conn)

    try:
        return asyncio.run(go())
    except BoloError as wrong:
        typer.echo(f"bolo: {wrong}", err=True)
        raise typer.Exit(1) from None


@agencies.command("add")
def agencies_add(
    ori: Annotated[str, typer.Argument(help="The agency's ORI.")],
    name: Annotated[str, typer.Option(help="As people say it.")],
    timezone: Annotated[str, typer.Option(help="IANA name.")] = "America/Chicago",
) -> None:
    """Add an agency.

    Example: bolo agencies add KS0999900 --name "Cedar Falls KS PD"
    """
    from people.store import create_agency

    in_transaction(
        lambda conn: create_agency(conn, ori, name, timezone, by=operator(), now=system_clock())
    )
    typer.echo(f"{ori} {name}")


@people.command("add")
def people_add(
    login: Annotated[str, typer.Argument(help="What they log in with.")],
    agency: Agency,
    name: Annotated[str, typer.Option(help="As colleagues say it.")],
    role: Annotated[str, typer.Option(help="dispatcher, officer, supervisor or admin.")],
    badge: Annotated[str, typer.Option()] = "",
    phone: Annotated[str, typer.Option(help="International form, +13165550100.")] = "",
) -> None:
    """Add a person and print a first password, once.

    Example: bolo people add m.alvarez --agency KS0999900 --name "M. Alvarez" --role dispatcher
    """
    from people.fields import role_of
    from people.passwords import hash_password
    from people.store import create_person

    password = secrets.token_urlsafe(15)

    async def work(conn: Any) -> None:
        await create_person(
            conn,
            agency,
            login,
            name,
            role_of(role),
            await hash_password(password),
            badge=badge,
            phone=phone,
            by=operator(),
            now=system_clock(),
        )

    in_transaction(work)
    typer.echo(f"{login}  {password}")


@cameras.command("add")
def cameras_add(
    camera: Annotated[str, typer.Argument(help="The id the camera sends.")],
    agency: Agency,
    name: Annotated[str, typer.Option(help="Where it stands, in words.")] = "",
    latitude: Annotated[float | None, typer.Option()] = None,
    longitude: Annotated[float | None, typer.Option()] = None,
    heading: Annotated[float | None, typer.Option(help="Degrees from north.")] = None,
    timezone: Annotated[
        str, typer.Option(help="IANA name, where it is not its agency's: for times without offset.")
    ] = "",
) -> None:
    """Register a camera and print its token, once.

    \b
    Example: bolo cameras add CF-07 --agency KS0999900 --name "US-77 at 5th Ave" --heading 0
    Example: bolo cameras add GL-01 --agency KS0999900 --timezone America/Denver
    """
    from cameras.store import create_token, register_camera

    async def work(conn: Any) -> str:
        now = system_clock()
        await register_camera(
            conn,
            agency,
            camera,
            name=name,
            latitude=latitude,
            longitude=longitude,
            heading=heading,
            timezone=timezone,
            by=operator(),
            now=now,
        )
        return await create_token(conn, agency, camera, camera, now, by=operator())

    typer.echo(in_transaction(work))


@cameras.command("list")
def cameras_list(
    agency: Agency,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts.")] = False,
) -> None:
    """List an agency's cameras: last read, clock, what a heartbeat complained of.

    \b
    Example: bolo cameras list --agency KS0999900
    Example: bolo cameras list --agency KS0999900 --json

    Up to ten seconds behind. Cameras that report without being registered are listed, too.
    """
    from bolo import camera_list
    from cameras.health_store import standings
    from cameras.store import checked_agency

    async def work(conn: Any) -> Any:
        await checked_agency(conn, agency)
        return await standings(conn, agency)

    found = in_transaction(work)
    typer.echo(camera_list.as_json(found) if as_json else camera_list.as_table(found))


@cameras.command("token")
def cameras_token(
    label: Annotated[str, typer.Argument(help="Which gateway it is for.")], agency: Agency
) -> None:
    """Make a token for a gateway that reports any camera of the agency; print it, once.

    Example: bolo cameras token "Stream at city hall" --agency KS0999900
    """
    from cameras.store import create_token

    typer.echo(
        in_transaction(
            lambda conn: create_token(conn, agency, label, None, system_clock(), by=operator())
        )
    )


@cameras.command("revoke")
def cameras_revoke(token: Annotated[str, typer.Argument(help="The token itself.")]) -> None:
    """Revoke a token; it stops working within seconds.

    Example: bolo cameras revoke bolo_...
    """
    from cameras.store import revoke_token

    in_transaction(lambda conn: revoke_token(conn, token, system_clock(), by=operator()))
    typer.echo("revoked")


@cameras.command("try")
def cameras_try(
    file: Annotated[str, typer.Argument(help="A message as the camera sent it; - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
    content_type: Annotated[
        str, typer.Option(help="The request's Content-Type, where the bytes do not tell.")
    ] = "",
    zone: Annotated[
        str, typer.Option(help="IANA time zone of a camera whose times have no offset.")
    ] = "",
) -> None:
    """Tell what bolo makes of a camera's message: what it recognizes, reads and leaves out.

    FILE is a body: JSON, XML, a text event stream, or a captured multipart body. Nothing is sent
    anywhere and no setting is needed. Exit code 1 when no format recognizes it.

    \b
    Example: bolo cameras try anpr.xml
    Example: bolo cameras try event.txt --zone America/Chicago
    Example: bolo cameras try capture.bin --content-type "multipart/form-data; boundary=b" --json
    """
    from bolo.try_camera import try_file

    raise typer.Exit(try_file(file, content_type, zone, as_json=as_json))


@recipients.command("add")
def recipients_add(
    address: Annotated[
        str, typer.Argument(help="A phone, +1316..., or a webhook's https address.")
    ],
    agency: Agency,
    name: Annotated[str, typer.Option(help="Who or what it is.")],
    kind: Annotated[str, typer.Option(help="officer, dispatch or system.")] = "officer",
) -> None:
    """Add somebody who is told of verified alerts and recalls; a webhook's secret is printed, once.

    \b
    Example: bolo recipients add +13165550104 --agency KS0999900 --name "Ofc. Nguyen"
    Example: bolo recipients add https://cad.example.gov/bolo --agency KS0999900 --name CAD
    """
    from bolo.settings import load
    from notifiers import recipients as store

    webhook = address.startswith("http")

    async def work(conn: Any) -> Any:
        return await store.add(
            conn,
            agency,
            name,
            "system" if webhook else kind,
            "webhook" if webhook else "sms",
            address,
            system_clock(),
            by=operator(),
            allow_private=load().webhook_allow_private,
        )

    added = in_transaction(work)
    typer.echo(f"{name}: signing secret {added.secret}" if webhook else f"{name}: {added.address}")
