/*
 * analyzer.h - what clang's analyzer cannot see from one file (tidy.sh includes it first)
 *
 * It looks at one .c at a time, so it takes any number for what a function of another file
 * returns, 0 for err_set() among them, and follows "it failed, yet went on" into values
 * that were never set. These say what base/err.h promises: the result is a failure.
 */
#if __has_include("base/err.h")
#include "base/err.h"

#define err_set(err, code, ...) (err_set(err, code, __VA_ARGS__), (code))
#define err_errno(...)          (err_errno(__VA_ARGS__), ERR_SYS)
#define err_wrap(...)           (err_wrap(__VA_ARGS__), ERR_SYS)
#endif
