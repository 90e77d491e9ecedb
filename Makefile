# Two commands: make run, make test. `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --require-hashes --prefer-binary
SENTENCES := $(wildcard crm/translations/*/LC_MESSAGES/messages.po)
CATALOGUES := $(SENTENCES:.po=.mo)

.PHONY: help install run test bench bench-full bundle pins docs clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

install: $(VENV)/program.stamp $(CATALOGUES) ## 装好一切，不启动 · everything into .venv, nothing started

run: install ## 建库、载入演示并启动 · the books, the demonstration, the server: http://127.0.0.1:8000
	@exec $(BIN)/crm run

test: install $(VENV)/tests.stamp ## 全部检查与测试 · ruff, mypy, all tests on SQLite and PostgreSQL, the browser
	@sh .ci/browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2

bench: install $(VENV)/bench.stamp ## 测速，20分钟内 · how fast, as ratios, into bench/results/
	$(BIN)/python -m bench

bench-full: install $(VENV)/bench.stamp ## 测速，含最大规模 · the largest sizes too
	$(BIN)/python -m bench --full

bundle: install ## 打离线安装包到 dist/ · one file that installs without network; FOR="--python 3.12 --platform win_amd64"
	@$(BIN)/python .ci/bundle.py $(FOR)

pins: install $(VENV)/tests.stamp ## 重新锁定依赖 · pin requirements.in again, from the public index alone
	sh .ci/pins $(BIN)/pip-compile

docs: install ## 由代码生成规则页 · the pages generated from the code
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/components/generate.py

clean: ## 删除 .venv 与缓存；instance/（数据）不动 · all but the data in instance/
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build ./*.egg-info $(CATALOGUES)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/python.stamp:
	@sh .ci/python $(VENV)
	@touch $@

$(VENV)/program.stamp: $(VENV)/python.stamp requirements.txt setup.cfg pyproject.toml
	@echo '安装依赖 · installing what the program needs ...'
	@$(INSTALL) -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/tests.stamp: $(VENV)/program.stamp requirements-dev.txt
	@echo '安装测试工具 · installing what the tests need ...'
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)/bench.stamp: $(VENV)/program.stamp requirements-bench.txt
	@$(INSTALL) -r requirements-bench.txt
	@touch $@

%.mo: %.po | $(VENV)/program.stamp
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
