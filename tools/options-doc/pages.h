/*
 * pages.h - what is printed from the table of settings
 */
#ifndef RAIZ_OPTIONS_DOC_PAGES_H
#define RAIZ_OPTIONS_DOC_PAGES_H

void print_markdown(void);
void print_schema(void);
void print_man(void);

#endif
