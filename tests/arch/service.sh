#!/bin/bash
# service.sh BUILD: the systemd unit's exposure is at most 1.5 by systemd-analyze security, the AppArmor profile can be read, and what
# the package holds agrees: its conffiles and units exist, the completions are made for every shell.
bad=0
parser=$(PATH=$PATH:/usr/sbin:/sbin command -v apparmor_parser) && { # its own warnings are about this host's kernel
    "$parser" --skip-kernel-load --skip-cache --config-file /dev/null service/usr.sbin.raizd >/dev/null || bad=1
}
if command -v systemd-analyze >/dev/null; then
    systemd-analyze security --offline=true --threshold=15 --no-pager service/raizd.service >/tmp/raiz-exposure.$$ 2>&1 || {
        tail -n 3 /tmp/raiz-exposure.$$ >&2
        bad=1
    }
    grep -E 'Unknown|ignoring' /tmp/raiz-exposure.$$ >&2 && bad=1
    rm -f /tmp/raiz-exposure.$$
fi
for shell in bash fish zsh; do
    "$1/tools/raizctl/raizctl" completion $shell | grep -q reload || {
        echo "completion for $shell" >&2
        bad=1
    }
done
bash -n <("$1/tools/raizctl/raizctl" completion bash) || bad=1
while read -r file; do
    case "$file" in
    /etc/raiz/raiz.yaml) [ -e config/raiz.yaml ] ;;
    /etc/apparmor.d/*) [ -e "service/${file##*/}" ] ;;
    *) false ;;
    esac || {
        echo "conffile $file" >&2
        bad=1
    }
done <service/cpack/conffiles
for script in service/cpack/p* debian/raiz.p*; do
    sh -n "$script" || bad=1
done
exit $bad
