/*
 * loopback.h - the lab's real addresses on the interface lo
 *
 * In a network namespace of its own (unshare -rn), where one is root over nothing but the namespace, every address of
 * the Internet may be given to lo; then raizd asks the true addresses on the true port.
 */
#ifndef RAIZ_LAB_LOOPBACK_H
#define RAIZ_LAB_LOOPBACK_H

#include "tools/raiz-lab/lab.h"

/* Brings lo up and adds the real addresses of all servers. Those that are there already stay. IPv6 addresses that a
 * kernel without IPv6 refuses are reported and passed over. False: reported why. */
bool lab_add_addresses(const struct lab *lab, lab_report *report, void *arg);

#endif
