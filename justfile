# List the recipes.
default:
    @just --list

# Install the project with everything that its gates need.
install:
    python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev,spark]'

# Run the tests; arguments go to pytest.
test *arguments:
    .venv/bin/python -m pytest -q -n auto --dist worksteal {{ arguments }}

# Run the tests in an order that is drawn, or in that of a seed; pytest prints the seed. More arguments go to pytest.
shuffled seed="default" *arguments:
    .venv/bin/python -m pytest -n auto --dist worksteal -p randomly --randomly-seed={{ seed }} {{ arguments }}

# Run the tests with a pack added to the rules that ship; arguments go to pytest.
with-pack *arguments:
    REGIMEN_ADVISOR_TEST_PACK=examples/invented-consensus .venv/bin/python -m pytest -q -n auto --dist worksteal {{ arguments }}

# Run the tests with the oldest versions that the bounds of `pyproject.toml` allow; arguments go to pytest.
oldest *arguments:
    python3 -m venv --clear .venv-oldest
    .venv-oldest/bin/pip install -q 'uv>=0.9,<1'
    .venv-oldest/bin/uv pip install -q --python .venv-oldest/bin/python --resolution lowest-direct '.[test]'
    .venv-oldest/bin/python -m pytest -q -n auto --dist worksteal {{ arguments }}

# Format, lint, types, imports.
lint:
    .venv/bin/ruff format --check .
    .venv/bin/ruff check .
    .venv/bin/mypy
    .venv/bin/lint-imports

# Check the types of the scripts of the page.
scripts:
    npm ci --prefix tests/scripts --no-audit --no-fund --silent
    npm run --prefix tests/scripts --silent check

# Change the source a little, many times, and list what no test notices; arguments are modules, `--share`, `--seed`.
mutants *arguments:
    .venv/bin/python benchmarks/mutate_source.py {{ arguments }}

# What pip-compile writes besides names and versions is left out: addresses and folders of this machine, conditions, and
# this project, which its own extras name.
# Lock the versions that `.ci/run` installs with: the newest within the bounds. Then run `just ci`.
lock:
    .venv/bin/pip install -q 'pip-tools>=7.5,<8'
    head -1 constraints.txt > constraints.new
    .venv/bin/pip-compile -q --extra dev --extra spark --strip-extras --no-annotate --no-header --output-file - pyproject.toml > constraints.all
    sed -nE 's/^([a-z0-9-]+==[^ ;]+).*/\1/p' constraints.all >> constraints.new
    rm constraints.all
    mv constraints.new constraints.txt

# All quality gates in a fresh environment.
ci:
    bash .ci/run

# Write the lessons that ship again, after a change of rules; then read the diff.
lessons:
    for sheet in docs/lessons/*.md; do .venv/bin/regimen-advisor lesson "profiles/$(basename "$sheet" .md).yaml" --output "$sheet"; done
