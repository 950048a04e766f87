# Everything goes through bootstrap.py: it prepares .venv, packages and translations where needed.
PYTHON ?= python3
ARGS ?=
BOOTSTRAP = $(PYTHON) mpp_portal/bootstrap.py
RUN = $(BOOTSTRAP) run

# What mypy reads: the rules and the pure modules.
TYPED = $(wildcard */rules.py */rules/*.py) $(addprefix queueing/, workflow.py availability.py windows.py \
	order.py contact.py issuing.py prepared.py statistics.py open_figures.py hall.py reminders.py rewriting.py live.py \
	estimates.py paces.py waits.py shown_estimates.py turns.py places.py agenda.py proposals.py sought.py served.py setup_file.py setup_export.py) \
	$(addprefix surveys/, elements.py index.py figures.py draft.py population.py) \
	$(addprefix accounts/, addresses.py pins.py second_factor.py sessions.py tries.py) \
	services/calendar.py complaints/deadlines.py privacy/identity.py privacy/index.py

# A production like the README's, so that the deploy check judges what an operator would run.
EXAMPLE_PRODUCTION = PRODUCTION=1 ALLOWED_HOSTS=mpp.example.go.id BASE_URL=https://mpp.example.go.id \
	CSRF_TRUSTED_ORIGINS=https://mpp.example.go.id \
	SECRET_KEY=8f3kd02mvb71qpx94zrtw65ynhc8u1ajes3gol5id7fkq20xvw \
	FIELD_KEYS=5Yk0QmZ3cXJ2bDh0d3M2ZTlhdTFwN25pNGdqeGZvYmM= \
	BLIND_INDEX_KEY=n3VqWmJ4c0w4dHpRazF5RXUyaEc2cE9mN2lYYWRSYjk= \
	EMAIL_URL=smtp+tls://mpp:example@mail.example.go.id:587 NOTIFICATION_CHANNELS=email
# These checks need no server, so none is started for them.
NO_SERVERS = DATABASE_URL=postgres://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0

.PHONY: help demo start test bench bench-live bench-estimates bench-messages check
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

demo:  ## the portal with a mall that lives; PORT (8000) and DATA_DIR (.data) may be set
	@$(BOOTSTRAP) demo

start:  ## the portal with what stands in it; empty: it prints a code to set it up in the browser
	@$(BOOTSTRAP) start

test:  ## all tests; ARGS="-k word" goes to pytest
	@$(BOOTSTRAP) test $(ARGS)

bench:  ## the figures and their floors; ARGS="--json FILE"
	@$(BOOTSTRAP) bench $(ARGS)

bench-live:  ## 2,000 phones follow one queue, beside a bare stream; ARGS="--json FILE"
	@$(RUN) python -m bench.live $(ARGS)

bench-estimates:  ## simulated days against the waits that were told; ARGS="--json FILE"
	@$(RUN) python -m bench.estimates $(ARGS)

bench-messages:  ## 10,000 due messages by one worker, beside a bare loop; ARGS="--json FILE"
	@$(RUN) python -m bench.messages $(ARGS)

check:  ## style, templates, types, migrations, deploy settings
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@find . -name .venv -prune -o -path '*/templates/*.html' -exec $(RUN) djade --check {} +
	@$(NO_SERVERS) $(RUN) mypy $(TYPED)
	@$(NO_SERVERS) $(RUN) python -W ignore manage.py makemigrations --check --dry-run
	@$(NO_SERVERS) $(EXAMPLE_PRODUCTION) $(RUN) python manage.py check --deploy --fail-level WARNING
