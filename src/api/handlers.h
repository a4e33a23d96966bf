/* handlers.h - the handlers that the route table names, one file per resource */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

struct api_call;

/* act_routes.c */
void act_routes_delete(struct api_call *call);
void act_routes_retry(struct api_call *call);
/* analytics_route.c */
void analytics_route_get(struct api_call *call);
void analytics_route_minutes(struct api_call *call);
/* answer_route.c */
void answer_route_post(struct api_call *call);
/* bulk.c */
void bulk_start(struct api_call *call);
/* bundle_export.c */
void bundle_export_get(struct api_call *call);
void bundle_export_post(struct api_call *call);
/* bundle_import.c */
void bundle_import_post(struct api_call *call);
/* cancel_route.c */
void cancel_route_post(struct api_call *call);
/* chat_resume.c */
void chat_resume_post(struct api_call *call);
/* chat_route.c */
void chat_route_post(struct api_call *call);
void chat_route_status(struct api_call *call);
void chat_route_cancel(struct api_call *call);
/* chat_stream.c */
void chat_stream_get(struct api_call *call);
void chat_stream_events(struct api_call *call);
/* dead_letters.c */
void dead_letters_list(struct api_call *call);
void dead_letters_get(struct api_call *call);
void dead_letters_discard(struct api_call *call);
/* def_read.c */
void def_read_list(struct api_call *call);
void def_read_get(struct api_call *call);
void def_read_versions(struct api_call *call);
void def_read_version(struct api_call *call);
/* def_write.c */
void def_write_create(struct api_call *call);
void def_write_put(struct api_call *call);
void def_write_delete(struct api_call *call);
void def_write_check(struct api_call *call);
/* definition_get.c */
void definition_get_orchestrations(struct api_call *call);
void definition_get_orchestration(struct api_call *call);
void definition_get_agents(struct api_call *call);
void definition_get_agent(struct api_call *call);
/* deploy_route.c */
void deploy_route_post(struct api_call *call);
/* docs_route.c */
void docs_route_get(struct api_call *call);
/* estimate_route.c */
void estimate_route_get(struct api_call *call);
/* health_route.c */
void health_route_get(struct api_call *call);
/* keys_route.c */
void keys_route_list(struct api_call *call);
void keys_route_make(struct api_call *call);
void keys_route_revoke(struct api_call *call);
/* letter_retry.c */
void letter_retry_post(struct api_call *call);
void letter_retry_stock(struct api_call *call);
/* mass_routes.c */
void mass_routes_runs(struct api_call *call);
void mass_routes_letters(struct api_call *call);
/* metrics_route.c */
void metrics_route_get(struct api_call *call);
/* openapi.c */
void openapi_get(struct api_call *call);
/* page.c */
void page_get(struct api_call *call);
void page_file_get(struct api_call *call);
void page_part_get(struct api_call *call);
/* page_events.c */
void page_events_list(struct api_call *call);
/* page_log.c */
void page_log_get(struct api_call *call);
/* page_runs.c */
void page_runs_list(struct api_call *call);
void page_runs_get(struct api_call *call);
/* queue_route.c */
void queue_route_stats(struct api_call *call);
/* queues_route.c */
void queues_route_list(struct api_call *call);
void queues_route_pause(struct api_call *call);
void queues_route_resume(struct api_call *call);
/* resume_route.c */
void resume_route_post(struct api_call *call);
/* run_detail.c */
void run_detail_get(struct api_call *call);
/* run_follow.c */
void run_follow_answer(struct api_call *call);
void run_follow_retry(struct api_call *call);
/* run_list.c */
void run_list_get(struct api_call *call);
/* runs.c */
void runs_start(struct api_call *call);
void runs_start_v1(struct api_call *call);
void runs_start_stream(struct api_call *call);
/* The same for stock's internal routes, of orchestrations. */
void def_write_upsert(struct api_call *call);
void def_write_erase(struct api_call *call);
void runs_status(struct api_call *call);
void runs_events(struct api_call *call);
void runs_steps(struct api_call *call);
/* schedules_route.c */
void schedules_route_list(struct api_call *call);
void schedules_route_get(struct api_call *call);
void schedules_route_make(struct api_call *call);
void schedules_route_put(struct api_call *call);
void schedules_route_delete(struct api_call *call);
void schedules_route_pause(struct api_call *call);
void schedules_route_resume(struct api_call *call);
void schedules_route_backfill(struct api_call *call);
/* session.c */
void session_post(struct api_call *call);
void session_get(struct api_call *call);
void session_delete(struct api_call *call);
/* scale_reads.c */
void scale_reads_analytics(struct api_call *call);
void scale_reads_letters(struct api_call *call);
void scale_reads_queue(struct api_call *call);
void scale_reads_run(struct api_call *call);
void scale_reads_runs(struct api_call *call);
void scale_reads_tenants(struct api_call *call);
void scale_reads_workers(struct api_call *call);
/* scale_s3.c */
void scale_s3_test(struct api_call *call);
/* scale_sync.c */
void scale_sync_post(struct api_call *call);
void scale_sync_status(struct api_call *call);
/* scale_test.c */
void scale_test_postgres(struct api_call *call);
void scale_test_redis(struct api_call *call);
/* scale_writes.c */
void scale_writes_tenant(struct api_call *call);
void scale_writes_tenant_delete(struct api_call *call);
void scale_writes_worker_delete(struct api_call *call);
/* settings_route.c */
void settings_route_config(struct api_call *call);
void settings_route_config_post(struct api_call *call);
void settings_route_get(struct api_call *call);
void settings_route_put(struct api_call *call);
/* status_route.c */
void status_route_get(struct api_call *call);
void status_route_auth(struct api_call *call);
/* stream.c */
void stream_get(struct api_call *call);
/* v1_routes.c */
void v1_routes_resume(struct api_call *call);
/* v1_lists.c */
void v1_lists_whole(struct api_call *call);
void v1_lists_agents(struct api_call *call);
void v1_lists_agent(struct api_call *call);
void v1_lists_orchestrations(struct api_call *call);
void v1_lists_orchestration(struct api_call *call);
/* v1_chat.c */
void v1_chat_post(struct api_call *call);
void v1_chat_stream(struct api_call *call);
/* why_route.c */
void why_route_get(struct api_call *call);
/* waits_route.c */
void waits_route_list(struct api_call *call);
/* worker_acts.c */
void worker_acts_quiet(struct api_call *call);
void worker_acts_stop(struct api_call *call);
/* worker_ping.c */
void worker_ping_get(struct api_call *call);
/* workers.c */
void workers_list(struct api_call *call);

#endif
