"""`crm doctor`: what is wrong with the installation, in words, and what to do about it."""

from __future__ import annotations

import sys

import click

from crm.commands import said, starting
from crm.messages import N_

UNWELL = 1


@click.command(help="检查安装是否正常，说明问题与办法。Say what is wrong and what to do.")
def command() -> None:
    """Asks everything; ends with 1 where anything must be put right."""
    with starting():
        from crm import create_app
        from crm.operations import doctor
        from crm.operations.upgrade import close

        app = create_app()
    results = doctor.examine(app)
    close(app)
    serious = 0
    for check, findings in results:
        worst = any(finding.serious for finding in findings)
        serious += worst
        click.echo(f"{'✗' if worst else '!' if findings else '✓'} {said(check.name)}")
        for finding in findings:
            click.echo(f"    {said(finding.message, **finding.values)}")
            click.echo(f"    → {said(finding.remedy, **finding.values)}")
    skipped = len(doctor.CHECKS) - len(results)
    if skipped:
        click.echo(said(N_("另有%(count)s项要先解决上面的问题才能检查"), count=skipped))
    if serious:
        click.echo(said(N_("有%(count)s项需要处理"), count=serious))
        sys.exit(UNWELL)
    click.echo(said(N_("没有需要处理的问题")))
