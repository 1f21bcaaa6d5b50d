"""Which shipped role gets in where: the letters of ROLES, a dot where it is refused (403, or 405 where only POST goes)."""

ROLES = {"operator": "O", "pricing": "P", "finance": "F", "integrator": "I", "auditor": "U", "admin": "A"}


def _each(table: str, columns: tuple[str, ...]) -> dict[str, str]:
    """One entry per column of each row: `auth_group ....UA .....A` with columns changelist, add."""
    rows = (line.split() for line in table.strip().splitlines())
    return {f"{name}_{column}": roles for name, *cells in rows for column, roles in zip(columns, cells, strict=True)}


# GET of the five pages that every model has.
PAGES = """
admin_logentry                  ....UA ...... ....UA ...... ....UA
auth_group                      ....UA .....A ....UA .....A ....UA
auth_user                       ....UA .....A ....UA .....A ....UA
axes_accessattempt              ....UA ...... ....UA .....A ....UA
backoffice_case                 O.FIUA ...... O.FIUA ...... O.FIUA
backoffice_casenotice           ...IUA ...... ...IUA ...... ...IUA
beckn_callback                  O..IUA ...... O..IUA ...... O..IUA
beckn_rating                    O...UA ...... O...UA ...... O...UA
beckn_request                   O..IUA ...... O..IUA ...... O..IUA
beckn_subscriber                ...IUA ...I.A ...IUA ...I.A ...IUA
beckn_supportrequest            O....A ...... O....A .....A O....A
beckn_transaction               O..IUA ...... O..IUA ...... O..IUA
catalog_offer                   OP.IUA ...... OP.IUA ...... OP.IUA
catalog_pricebookversion        .PF.UA .P...A .PF.UA .P...A .PF.UA
catalog_pricerule               .PF.UA .P...A .PF.UA .P...A .PF.UA
charging_sessions_auditpolicy   ..F.UA ..F..A ..F.UA .....A ..F.UA
charging_sessions_bill          O.F.UA ...... O.F.UA ...... O.F.UA
charging_sessions_cdraudit      O.F.UA ...... O.F.UA ...... O.F.UA
charging_sessions_invoice       O.F.UA ...... O.F.UA ...... O.F.UA
charging_sessions_invoiceseries ..F.UA ...... ..F.UA ...... ..F.UA
charging_sessions_journalentry  ..F.UA ...... ..F.UA ...... ..F.UA
charging_sessions_missingcdr    O.F.UA ...... O.F.UA ...... O.F.UA
charging_sessions_order         O.FIUA ...... O.FIUA ...... O.FIUA
charging_sessions_payment       O.F.UA ...... O.F.UA ...... O.F.UA
charging_sessions_paymentpolicy ..F.UA ..F..A ..F.UA .....A ..F.UA
charging_sessions_refund        O.F.UA ...... O.F.UA ...... O.F.UA
charging_sessions_statement     ..F.UA ..F..A ..F.UA ..F..A ..F.UA
developer_conformancerun        ...IUA ...... ...IUA ...... ...IUA
ocpi_authorization              O..IUA ...... O..IUA ...... O..IUA
ocpi_cdr                        OPFIUA ...... OPFIUA ...... OPFIUA
ocpi_command                    OP.IUA ...... OP.IUA ...... OP.IUA
ocpi_connection                 OPFIUA ...... OPFIUA ...... OPFIUA
ocpi_connector                  OP.IUA ...... OP.IUA ...... OP.IUA
ocpi_contracttariff             OPFIUA .P...A OPFIUA .P...A OPFIUA
ocpi_location                   OP.IUA ...... OP.IUA ...... OP.IUA
ocpi_parkedobject               OP.IUA ...... OP.IUA ...... OP.IUA
ocpi_session                    OPFIUA ...... OPFIUA ...... OPFIUA
ocpi_tariff                     OPFIUA ...... OPFIUA ...... OPFIUA
ocpi_token                      O..IUA O..I.A O..IUA ...... O..IUA
ocpi_tokencopy                  O..IUA ...... O..IUA ...... O..IUA
"""
GET = _each(PAGES, ("changelist", "add", "change", "delete", "history")) | {
    "auth_user_password_change": ".....A",
    "backoffice_case_assign": "......",
    "backoffice_case_do": "......",
    "backoffice_case_note": "......",
    "backoffice_case_resolve": "......",
    "beckn_callback_replay": "...I.A",
    "beckn_subscriber_close_circuit": "...I.A",
    "beckn_request_replay": "...I.A",
    "beckn_transaction_ask_again": "......",
    "beckn_transaction_bundle": "......",
    "beckn_transaction_content": "O..IUA",
    "beckn_transaction_erase": ".....A",
    "beckn_transaction_find": "......",
    "beckn_transaction_send_again": "......",
    "catalog_pricebookversion_add_rule": ".P...A",
    "catalog_pricebookversion_draft_of_current": ".P...A",
    "catalog_pricebookversion_propose": ".P...A",
    "catalog_pricebookversion_publish": ".P...A",
    "catalog_pricebookversion_simple_history": ".PF.UA",
    "catalog_pricebookversion_simulate": ".PF.UA",
    "catalog_pricebookversion_simulation": ".PF.UA",
    "catalog_pricebookversion_take_back": ".P...A",
    "catalog_pricerule_export": ".PF.UA",
    "catalog_pricerule_import": ".P...A",
    "catalog_pricerule_process_import": "......",
    "catalog_pricerule_simple_history": ".PF.UA",
    "charging_sessions_journalentry_margin_report": "..F.UA",
    "charging_sessions_statement_adjust": "..F..A",
    "charging_sessions_statement_build_last_month": "..F..A",
    "charging_sessions_statement_download_csv": "..F.UA",
    "charging_sessions_statement_download_json": "..F.UA",
    "charging_sessions_statement_download_pdf": "..F.UA",
    "message_bench_callback": "...I.A",
    "message_bench_feed": "...I.A",
    "message_bench_feed-rows": "...I.A",
    "message_bench_read": "...I.A",
    "message_bench_request": "...I.A",
    "message_bench_sign": "...I.A",
    "message_bench_verify": "...I.A",
    "charging_sessions_statement_record_payment": "..F..A",
    "developer_conformancerun_examine": "...I.A",
    "developer_conformancerun_run": "...I.A",
    "ocpi_connection_close_circuit": "...I.A",
    "ocpi_connection_end_registration": "...I.A",
    "ocpi_connection_invite": "...I.A",
    "ocpi_connection_invite_cpo": "...I.A",
    "ocpi_connection_overview": "OPFIUA",
    "ocpi_connection_progress": "OPFIUA",
    "ocpi_connection_register": "...I.A",
    "ocpi_connection_register_again": "...I.A",
    "ocpi_connection_register_cpo": "...I.A",
    "ocpi_connection_rotate": "...I.A",
    "ocpi_connection_rotate_token": "...I.A",
    "ocpi_connection_sync": "OPFIUA",
    "ocpi_connection_sync_state": "OPFIUA",
    "ocpi_connection_unregister": "...I.A",
    "ocpi_parkedobject_mend": "...I.A",
    "ocpi_parkedobject_mend_and_retry": "...I.A",
    "ocpi_token_ask": "O..I.A",
    "ocpi_token_block": "O..I.A",
    "ocpi_token_check_at_operators": "O..I.A",
    "ocpi_token_import": "O..I.A",
    "ocpi_token_process_import": "......",
    "ocpi_token_push_again": "O..I.A",
    "ocpi_token_unblock": "......",  # the token is valid
    "operators_map": "OP.IUA",
    "operators_map-data": "OP.IUA",
    "operators_operator": "OPFIUA",
    "operators_revoke": "......",
    "operators_share": "......",
    "operators_site": "OP.IUA",
    "sessions_margin": "..F.UA",
    "sessions_statement_adjust": "..F..A",
    "sessions_statement_file": "..F.UA",
    "sessions_statement_payment": "..F..A",
}

# POST of their forms; what records what was said takes none.
FORMS = """
admin_logentry                  ...... ...... ......
auth_group                      .....A .....A .....A
auth_user                       .....A .....A .....A
axes_accessattempt              ...... ...... .....A
backoffice_case                 ...... ...... ......
backoffice_casenotice           ...... ...... ......
beckn_callback                  ...... ...... ......
beckn_rating                    ...... ...... ......
beckn_request                   ...... ...... ......
beckn_subscriber                ...I.A ...I.A ...I.A
beckn_supportrequest            ...... O....A .....A
beckn_transaction               ...... ...... ......
catalog_offer                   ...... ...... ......
catalog_pricebookversion        .P...A .P...A .P...A
catalog_pricerule               .P...A .P...A .P...A
charging_sessions_auditpolicy   ..F..A ..F..A .....A
charging_sessions_bill          ...... ...... ......
charging_sessions_cdraudit      ...... ...... ......
charging_sessions_invoice       ...... ...... ......
charging_sessions_invoiceseries ...... ...... ......
charging_sessions_journalentry  ...... ...... ......
charging_sessions_missingcdr    ...... ...... ......
charging_sessions_order         ...... ...... ......
charging_sessions_payment       ...... ...... ......
charging_sessions_paymentpolicy ..F..A ..F..A .....A
charging_sessions_refund        ...... ...... ......
charging_sessions_statement     ..F..A ..F..A ..F..A
developer_conformancerun        ...... ...... ......
ocpi_authorization              ...... ...... ......
ocpi_cdr                        ...... ...... ......
ocpi_command                    ...... ...... ......
ocpi_connection                 ...... ...I.A ......
ocpi_connector                  ...... ...... ......
ocpi_contracttariff             .P...A .P...A .P...A
ocpi_location                   ...... ...... ......
ocpi_parkedobject               ...... ...... ......
ocpi_session                    ...... ...... ......
ocpi_tariff                     ...... ...... ......
ocpi_token                      O..I.A O..I.A ......
ocpi_tokencopy                  ...... ...... ......
"""
POST = _each(FORMS, ("add", "change", "delete")) | {
    "auth_user_password_change": ".....A",
    "backoffice_case_assign": "O.FI.A",
    "backoffice_case_do": "O.FI.A",
    "backoffice_case_note": "O.FI.A",
    "backoffice_case_resolve": "O.FI.A",
    "beckn_subscriber_close_circuit": "...I.A",
    "beckn_transaction_ask_again": "O....A",
    "beckn_transaction_bundle": "O..IUA",
    "beckn_transaction_erase": ".....A",
    "beckn_transaction_find": "O..IUA",
    "beckn_transaction_send_again": "O..I.A",
    "catalog_pricebookversion_draft_of_current": ".P...A",
    "catalog_pricebookversion_propose": ".P...A",
    "catalog_pricebookversion_publish": ".P...A",
    "catalog_pricebookversion_take_back": ".P...A",
    "catalog_pricerule_import": ".P...A",
    "catalog_pricerule_process_import": ".P...A",
    "message_bench_callback": "...I.A",
    "message_bench_read": "...I.A",
    "message_bench_request": "...I.A",
    "message_bench_sign": "...I.A",
    "message_bench_verify": "...I.A",
    "charging_sessions_statement_build_last_month": "..F..A",
    "developer_conformancerun_run": "...I.A",
    "ocpi_connection_close_circuit": "...I.A",
    "ocpi_connection_invite": "...I.A",
    "ocpi_connection_register": "...I.A",
    "ocpi_connection_rotate": "...I.A",
    "ocpi_connection_sync": "...I.A",
    "ocpi_connection_unregister": "...I.A",
    "ocpi_parkedobject_mend": "...I.A",
    "ocpi_token_ask": "O..I.A",
    "ocpi_token_import": "O..I.A",
    "ocpi_token_process_import": "O..I.A",
    "operators_revoke": "...I.A",
    "operators_share": "...I.A",
    "sessions_statement_adjust": "..F..A",
    "sessions_statement_payment": "..F..A",
}

# Actions of the lists.
ACTIONS = {
    "auth.group delete_selected": ".....A",
    "auth.user delete_selected": ".....A",
    "auth.user remove_second_factor": ".....A",
    "axes.accessattempt delete_selected": ".....A",
    "beckn.callback send_again": "O..I.A",
    "beckn.subscriber delete_selected": "...I.A",
    "beckn.supportrequest delete_selected": ".....A",
    "catalog.pricebookversion delete_selected": ".P...A",
    "catalog.pricerule delete_selected": ".P...A",
    "charging_sessions.auditpolicy delete_selected": ".....A",
    "charging_sessions.cdraudit accept_cdrs": "..F..A",
    "charging_sessions.cdraudit contest_cdrs": "..F..A",
    "charging_sessions.cdraudit export_evidence": "O.F.UA",
    "charging_sessions.cdraudit release_bills": "..F..A",
    "charging_sessions.order cancel_order": "O....A",
    "charging_sessions.order stop_charging": "O....A",
    "charging_sessions.paymentpolicy delete_selected": ".....A",
    "charging_sessions.refund try_again": "..F..A",
    "charging_sessions.statement build_again": "..F..A",
    "charging_sessions.statement close_periods": "..F..A",
    "ocpi.connection pull_everything": "...I.A",
    "ocpi.connection pull_now": "...I.A",
    "ocpi.parkedobject retry_as_they_are": "...I.A",
    "ocpi.token check_tokens": "O..I.A",
    "ocpi.token push_tokens": "O..I.A",
    "ocpi.tokencopy check_copies": "O..I.A",
    "ocpi.tokencopy push_copies": "O..I.A",
}
