/* file_sources.h - agents, tools and orchestrations that steps name, out of files */
#ifndef HOST_FILE_SOURCES_H
#define HOST_FILE_SOURCES_H

struct agent_find;
struct agent_list;
struct definition_find;
struct file_run;
struct host_file;
struct tool_list;

/* Serve them (engine/host.h), from inside. */
void file_sources_agent(struct file_run *run, struct agent_find *find);
void file_sources_definition(struct file_run *run, struct definition_find *find);
void file_sources_agents(struct host_file *host, struct agent_list *list);
void file_sources_tools(struct host_file *host, struct tool_list *list);

#endif
