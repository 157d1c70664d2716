"""The documents name what there is."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def names_in(*patterns):
    found = set()
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            if "tests" not in path.parts:
                found |= set(re.findall(r"ROOKERY_[A-Z_]+[A-Z]", path.read_text()))
    return found


def test_every_setting_is_documented_and_every_documented_setting_is_read():
    code = names_in("project/**/*.py", "apps/**/*.py")
    documented = set(re.findall(r"ROOKERY_[A-Z_]+[A-Z]", (ROOT / "docs/settings.md").read_text()))

    assert documented == code


def test_every_path_that_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text()
    paths = re.findall(r"`((?:apps|project|docs)/[\w/.*]+)`", text)
    paths += re.findall(r"\]\(((?:docs)/[\w/.]+)\)", text)

    assert paths
    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []


def test_every_command_has_a_row_in_the_readme():
    commands = {path.stem for path in ROOT.glob("apps/*/management/commands/*.py")} - {"__init__"}
    text = (ROOT / "README.md").read_text()

    assert {name for name in commands if f"`manage.py {name}" not in text} == set()


def test_every_add_on_has_a_page_of_its_own():
    names = (
        "cluster",
        "grid",
        "replication",
        "moves",
        "sharding",
        "indexing",
        "caching",
        "events",
        "outgoing",
        "edge",
        "push",
        "plugins",
        "throttling",
        "tracing",
        "loadtest",
        "drills",
    )
    for name in names:
        text = (ROOT / "apps" / name / "README.md").read_text()
        assert "**Promise.**" in text
        for module in re.findall(r"`(\w+)`", text.split("**Read in this order.**")[1]):
            assert (ROOT / "apps" / name / f"{module}.py").exists(), (name, module)


def test_names_in_and_out_of_tests():
    assert "ROOKERY_HOME" in names_in("project/*.py")
