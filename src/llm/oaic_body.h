/* oaic_body.h - requests to an OpenAI-compatible server, in its words: pure */
#ifndef LLM_OAIC_BODY_H
#define LLM_OAIC_BODY_H

struct llm_call;
struct str;

/* Append the URL for chat completions: base without its trailing slashes and "/v1". */
void oaic_body_url(struct str *out, const char *base_url);
/* Append the JSON body: a streamed answer with its usage at the end. model is without the
 * provider's prefix. */
void oaic_body_write(struct str *out, const char *model, const struct llm_call *call);
/*
 * Append what names this call for ever: the same for every execution of the same step of
 * the same run, by whichever worker, so that the far side can tell a repetition. At most
 * 255 printable ASCII characters.
 */
void oaic_body_key(struct str *out, const struct llm_call *call);

#endif
