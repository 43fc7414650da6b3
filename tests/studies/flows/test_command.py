"""`openiads flows` as a user types it, and the picture that it draws."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.image import imread

from openiads.scenario.load import load
from openiads.studies.flows.picture import draw
from openiads.studies.flows.posture import flows_of

TURKEY = load("turkey-2019")


def flows(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "openiads.cli", "flows", *words], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_one_posture_in_words_and_a_picture(tmp_path):
    done = flows("turkey-2019", "--posture", "one-way-in", "--out", "in.png", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "X5: with 1 link closed" in done.stdout and "national-picture-in" in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["in.png"]


def test_all_postures_as_json():
    found = json.loads(flows("turkey-2019", "--json", "--set", "topology=mesh").stdout)
    assert [a["posture"] for a in found] == list(TURKEY.postures)
    assert {a["topology"] for a in found} == {"mesh"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["turkey-2019", "-p", "cold"], "no posture 'cold'"),
        (["turkey-2019", "--source", "moon"], "no node 'moon'"),
        (["turkey-2019", "--source", ","], "--source ',' names nothing"),
        (["turkey-2019", "--sink", "nato", "--source", "nato"], "'nato' is a source and a sink"),
        (["turkey-2019", "--chance", "1.5"], "--chance 1.5: accepted are 0 to 1"),
        (["turkey-2019", "--chance", "nan"], "--chance nan: accepted are 0 to 1"),
        (["turkey-2019", "--step", "0"], "--step 0: accepted are hours above 0"),
        (["turkey-2019", "--step", "1", "--within", "inf"], "--within inf: accepted are hours above 0"),
        (["turkey-2019", "--within", "5"], "state with --step"),
        (["turkey-2019", "--out", "graph.txt"], "pictures end in .png or .svg"),
        (["turkey-2019", "--out", "there.png"], "'there.png' exists"),
        (["nowhere"], "nowhere"),
    ],
)
def test_what_can_not_be_is_one_line(tmp_path, words, says):
    (tmp_path / "there.png").write_bytes(b"mine")
    done = flows(*words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr and done.stdout == ""
    assert (tmp_path / "there.png").read_bytes() == b"mine" and len(list(tmp_path.iterdir())) == 1


def _drawn(postures, path):
    draw([flows_of(TURKEY, p) for p in postures], path, path.suffix)
    return path


def test_red_is_what_can_flow(tmp_path):
    """A posture in which nothing can leave has nothing red, and the more can flow the more of it is red."""
    red = []
    for posture in ("sealed", "standalone", "one-way-in"):
        shown = imread(_drawn([posture], tmp_path / f"{posture}.png"))[..., :3]
        red.append(int((np.abs(shown - np.array([192, 57, 43]) / 255.0) < 0.02).all(axis=2).sum()))
    assert red[0] == 0 < red[1] < red[2]


def test_a_picture_shows_what_was_asked(tmp_path):
    """Between two nodes of a posture from which nothing sensitive leaves there are ways all the same."""
    every, some = tmp_path / "all.png", tmp_path / "some.png"
    shown = flows_of(TURKEY, "sealed")
    draw([shown], every, ".png")
    draw([shown], some, ".png", ("awacs",), ("patriot",))
    red = [
        (np.abs(imread(p)[..., :3] - np.array([192, 57, 43]) / 255.0) < 0.02).all(axis=2).sum() for p in (every, some)
    ]
    assert red[0] == 0 < red[1]


def test_a_drawing_names_every_node_and_posture_and_is_the_same_twice(tmp_path):
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none"}):
        one, two = (_drawn(TURKEY.postures, tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert one == two
    text = one.decode()
    assert all(f"{p}: " in text for p in TURKEY.postures)
    assert all(n.name.split("-")[0] in text for n in TURKEY.nodes)
