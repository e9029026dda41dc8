# SPDX-License-Identifier: MIT
"""Debian's Prometheus scrapes webd; promtool checks what webd prints and what deploy/ holds."""

import json
import re
import subprocess

import peers
import pytest
from qemu_net import scaled, wait_until
from test_webd import ROOT, WEB4, net, request, split, start, webd  # noqa: F401: fixtures

DEPLOY = ROOT / "deploy"


@pytest.fixture
def promtool():
    peers.need("prometheus")
    program = peers.folder() / "usr/bin/promtool"  # one file that needs nothing beside it

    def run(*arguments, **options):
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=scaled(60), cwd=DEPLOY, **options)

    return run


def test_promtool_finds_nothing_to_say_of_the_metrics(net, webd, promtool):  # noqa: F811
    body = split(net.ask(request("/metrics")))[1].decode()
    result = promtool("check", "metrics", input=body)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    assert promtool("check", "metrics", input=body.replace("le=\"+Inf\"", "le=\"x\"")).returncode != 0  # it does look


def test_the_alerts_do_what_they_say(promtool):
    for command in (("check", "rules", "corekms.rules.yml"), ("test", "rules", "corekms.rules.test.yml"), ("check", "config", "prometheus.yml")):
        result = promtool(*command)
        assert result.returncode == 0, result.stdout + result.stderr


def names_in(text):
    """The metrics of ours that a text speaks of, without the parts of a histogram."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"corekms_[a-z0-9_]+", text)}


def test_alerts_and_dashboard_speak_of_metrics_that_there_are(net, webd):  # noqa: F811
    body = split(net.ask(request("/metrics")))[1].decode()
    known = {line.split()[2] for line in body.splitlines() if line.startswith("# TYPE ")}
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    expressions = "\n".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    assert len(dashboard["panels"]) > 8
    for text in (expressions, (DEPLOY / "corekms.rules.yml").read_text()):
        assert names_in(text) and names_in(text) - known == set()


def test_a_real_prometheus_scrapes_it(net, webd, tmp_path):  # noqa: F811
    peers.need("prometheus")
    config = tmp_path / "prometheus.yml"
    config.write_text(f"global: {{scrape_interval: 1s}}\nrule_files: [{DEPLOY}/corekms.rules.yml]\n"
                      f"scrape_configs: [{{job_name: corekms, static_configs: [{{targets: ['{WEB4}:80']}}]}}]\n")
    command = [*net.client.prefix(), *peers.jailed(["prometheus", f"--config.file={config}", "--storage.tsdb.path=/var/tmp/data",
                                                    "--web.listen-address=127.0.0.1:9090"], tmp_path / "jail")]
    with open(tmp_path / "prometheus.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        def query(expression):
            try:
                answer = json.loads(net.curl("--fail", "--get", "--data-urlencode", f"query={expression}", "http://127.0.0.1:9090/api/v1/query"))
            except subprocess.CalledProcessError:  # not yet up
                return []
            return answer["data"]["result"]

        assert wait_until("a scrape", lambda: query('up{job="corekms"} == 1'), 60)
        value = wait_until("a sample", lambda: query("corekms_service_serving"), 10)[0]
        assert value["metric"]["instance"] == f"{WEB4}:80" and value["value"][1] == "1"
        (down,) = query("corekms_gateway_upstream_up == 0")
        assert down["metric"]["upstream"] == "2001:db8::5"
        (half,) = query('histogram_quantile(0.5, sum by (le) (corekms_gateway_latency_seconds_bucket{phase="call"}))')
        assert 0.002 < float(half["value"][1]) < 0.005
        # Duplicates and samples that are out of order would be counted here.
        assert query("scrape_samples_scraped == scrape_samples_post_metric_relabeling")
        webd.publish("gatewayd", "gateway state=waiting\n")
        assert wait_until("the change", lambda: query("corekms_service_serving == 0"), 15)
    finally:
        process.terminate()
        process.wait(scaled(10))
