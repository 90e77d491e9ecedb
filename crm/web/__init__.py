"""The pages: one user task a file."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Registers the pages with the application, and what all of them share."""
    from crm.web import (
        account,
        announcements,
        attachments,
        batch_new,
        batch_papers,
        batches,
        briefs,
        carry_overs,
        companies,
        company_form,
        contacts,
        credit,
        desk,
        duplicates,
        errors,
        funnel,
        headers,
        health,
        home,
        imports,
        industries,
        jobs,
        lead_clocks,
        lead_edit,
        lead_new,
        lead_pool,
        lead_progress,
        lead_sign,
        lead_words,
        leads,
        log,
        log_export,
        months,
        origins,
        parameters,
        people,
        preferences,
        presentation,
        project_edit,
        project_new,
        project_restore,
        projects,
        proposals,
        proxies,
        reassignment_answers,
        reassignments,
        rulebook,
        sessions,
        settings,
        sign_in,
        streets,
        system,
        transfer_flows,
        transfer_steps,
        transfers,
        triage,
        units,
    )

    app.url_map.converters["id"] = parameters.Id
    proxies.init(app)
    presentation.init(app)
    headers.init(app)
    errors.init(app)
    sessions.init(app)
    sign_in.init(app)
    health.init(app)
    account.init(app)
    lead_words.init(app)
    duplicates.init(app)
    for task in (
        sign_in,
        preferences,
        account,
        people,
        home,
        projects,
        project_new,
        project_edit,
        project_restore,
        duplicates,
        leads,
        lead_new,
        lead_edit,
        lead_sign,
        announcements,
        lead_progress,
        lead_clocks,
        lead_pool,
        funnel,
        triage,
        industries,
        attachments,
        companies,
        company_form,
        contacts,
        origins,
        rulebook,
        proposals,
        settings,
        imports,
        jobs,
        briefs,
        batch_papers,
        carry_overs,
        months,
        log,
        log_export,
        system,
        units,
        streets,
        transfer_flows,
        reassignments,
        reassignment_answers,
        credit,
        transfers,
        transfer_steps,
        desk,
        batch_new,
        batches,
        health,
    ):
        app.register_blueprint(task.blueprint)
