"""Scenarios: what is shipped, what a file says, what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from openiads.cli.common import ScenarioArg, SetOption, app, load_scenario
from openiads.errors import OutputError, UsageError


@app.command("list")
def list_() -> None:
    """What is shipped: scenarios, their postures and vignettes.

    Example: openiads list
    """
    from openiads.scenario.load import load, scenario_names

    for name in scenario_names():
        scenario = load(name)
        print(f"{name}: {scenario.title}")
        print(f"  postures:  {', '.join(scenario.postures)}")
        print(f"  vignettes: {', '.join(scenario.vignettes)}")
        print(f"  sites:     {', '.join(scenario.sites)}")


@app.command()
def check(file: ScenarioArg, sets: SetOption = None) -> None:
    """Check a scenario file and say what is wrong with it, each problem with key, what was given, what is accepted.

    Example: openiads check my-scenario.toml
    """
    from openiads.errors import ScenarioError
    from openiads.scenario.check import check as problems_of
    from openiads.scenario.phrasing import counted

    problems = problems_of(file)
    if problems:
        raise ScenarioError("\n".join(str(p) for p in problems))
    s = load_scenario(file, sets)
    sizes = {"posture": len(s.postures), "vignette": len(s.vignettes), "radar": len(s.radars),
             "fire unit": len(s.fire_units), "link": len(s.links)}  # fmt: skip
    print(f"{file}: good. " + ", ".join(counted(n, one) for one, n in sizes.items()))


@app.command()
def schema() -> None:
    """Print the JSON schema of a scenario file, units in the keys.

    Example: openiads schema > scenario.schema.json
    """
    import json

    from openiads.scenario.schema import json_schema

    print(json.dumps(json_schema(), indent=1, ensure_ascii=False))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="name of your scenario; NAME.toml is written here")],
    origin: Annotated[str, typer.Option("--from", help="scenario to copy")] = "turkey-2019",
) -> None:
    """Make a copy of a scenario of your own to edit.

    Example: openiads new my-question --from turkey-2019
    """

    from openiads.scenario.load import library_file

    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", name):
        raise UsageError(f"name '{name}': small letters, digits, '_' and '-' are accepted")
    target = Path(f"{name}.toml")
    text = library_file(origin).read_text(encoding="utf-8")
    text = re.sub(r'(?m)^name = ".*"$', f'name = "{name}"', text, count=1)
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise OutputError(f"'{target}' exists; choose another name") from None
    except OSError as error:
        raise OutputError(f"'{target}' can not be written: {error.strerror}") from None
    print(f"wrote {target}; edit it, then: openiads check {target}")


@app.command()
def show(
    scenario: ScenarioArg,
    posture: Annotated[str, typer.Option("--posture", "-p", help="which way of holding the system")],
    sets: SetOption = None,
) -> None:
    """Show what stands where in a posture, what it emits, who can order it, which links are open.

    Example: openiads show turkey-2019 --posture one-way-in
    """
    from openiads.scenario import describe

    print(describe.show(load_scenario(scenario, sets), posture))


@app.command()
def diff(
    scenario: ScenarioArg,
    first: Annotated[str, typer.Argument(help="a posture")],
    second: Annotated[str, typer.Argument(help="another posture")],
    sets: SetOption = None,
) -> None:
    """Say in words what differs between two postures.

    Example: openiads diff turkey-2019 standalone one-way-in
    """
    from openiads.scenario import describe

    for line in describe.diff(load_scenario(scenario, sets), first, second) or ["nothing differs"]:
        print(line)
