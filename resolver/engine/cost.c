/*
 * cost.c - what a query has cost
 */
#include "resolver/engine/cost.h"

uint32_t cost_us(const struct budget *b)
{
    return COST_QUERY_US + b->sends * COST_SEND_US + b->connects * COST_CONNECT_US + b->bytes / COST_OCTETS +
           b->work.cost * COST_CHECK_US + b->work.hashes * COST_NAME_US;
}

uint32_t cost_charge(struct budget *b)
{
    uint32_t all_us = cost_us(b), more_us = all_us > b->charged_us ? all_us - b->charged_us : 0;

    b->charged_us += more_us; /* a connection that was open before is given back */
    return more_us;
}
