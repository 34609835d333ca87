/* A trace as text (lib/Defragger/Traces/TraceLine.cs), without its head: names become slots. */
#ifndef DF_REPLAY_TEXT_OUT_H
#define DF_REPLAY_TEXT_OUT_H

#include "event.h"

/* Writes the rest of a source to standard output. A slot is the lowest number that no live block has. */
void text_write(struct source *source);

#endif
