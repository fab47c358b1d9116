# What is installed, and the Debian package by CPack. debian/ makes the same package by dpkg-buildpackage.
include(GNUInstallDirs)

set(RAIZ_UNITDIR "lib/systemd/system" CACHE STRING "systemd units, below the prefix unless absolute")
set(RAIZ_SYSCONFDIR "/etc" CACHE PATH "where raiz/raiz.yaml goes")

install(TARGETS raizd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS raizctl raiz-lab RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES config/raiz.yaml DESTINATION ${RAIZ_SYSCONFDIR}/raiz)
install(DIRECTORY DESTINATION ${RAIZ_SYSCONFDIR}/raiz/conf.d)
install(FILES config/raiz.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/raiz)
install(DIRECTORY tools/lab/ DESTINATION ${CMAKE_INSTALL_DATADIR}/raiz/lab)
install(FILES service/raizd.service service/raizd.socket service/raiz-resolvconf.service DESTINATION ${RAIZ_UNITDIR})
install(FILES service/raiz.sysusers DESTINATION lib/sysusers.d RENAME raiz.conf)
install(FILES service/usr.sbin.raizd DESTINATION ${RAIZ_SYSCONFDIR}/apparmor.d)

# Completions come from the table of commands, and so does the manual page of raizctl.
set(made ${CMAKE_BINARY_DIR}/made)
file(MAKE_DIRECTORY ${made})
add_custom_command(OUTPUT ${made}/raizctl.bash ${made}/raizctl.fish ${made}/_raizctl ${made}/raizctl.1.scd
    COMMAND raizctl completion bash > ${made}/raizctl.bash
    COMMAND raizctl completion fish > ${made}/raizctl.fish
    COMMAND raizctl completion zsh > ${made}/_raizctl
    COMMAND raizctl man > ${made}/raizctl.1.scd
    DEPENDS raizctl VERBATIM)
add_custom_target(completions ALL DEPENDS ${made}/raizctl.bash)
install(FILES ${made}/raizctl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME raizctl)
install(FILES ${made}/raizctl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${made}/_raizctl DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# Manual pages are made where scdoc is.
find_program(SCDOC scdoc)
if(SCDOC)
    set(pages)
    foreach(page raizd.8 raiz.yaml.5 raiz-lab.1 raizctl.1)
        set(source ${CMAKE_SOURCE_DIR}/docs/man/${page}.scd)
        if(page STREQUAL "raizctl.1")
            set(source ${made}/raizctl.1.scd)
        endif()
        add_custom_command(OUTPUT ${made}/${page}.gz
            COMMAND ${SCDOC} < ${source} > ${made}/${page}
            COMMAND gzip -9nf ${made}/${page}
            DEPENDS ${source} VERBATIM)
        list(APPEND pages ${made}/${page}.gz)
        string(REGEX REPLACE ".*\\." "" section ${page})
        install(FILES ${made}/${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
    endforeach()
    add_custom_target(man ALL DEPENDS ${pages})
endif()

# debhelper adds these itself.
option(RAIZ_DEBHELPER "built by debian/rules" OFF)
if(NOT RAIZ_DEBHELPER)
    add_custom_command(OUTPUT ${made}/changelog.gz
        COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/debian/changelog > ${made}/changelog.gz
        DEPENDS ${CMAKE_SOURCE_DIR}/debian/changelog VERBATIM)
    add_custom_target(changelog ALL DEPENDS ${made}/changelog.gz)
    install(FILES ${made}/changelog.gz debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/raiz)
endif()

# cpack -G DEB in the build folder (configured with -DCMAKE_INSTALL_PREFIX=/usr)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME raiz)
set(CPACK_PACKAGE_VENDOR "The raiz authors")
set(CPACK_PACKAGE_CONTACT "The raiz authors <raiz@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "validating, recursive, caching DNS resolver that shows its steps")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "raizd finds answers by walking from the root servers down, validates them
 with DNSSEC, and keeps them until their time to live ends. raizctl shows
 every step, and all that is known. raiz-lab is a small Internet on
 loopback addresses, for tests and for teaching.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "dns-root-data, libmicrohttpd12") # loaded for metrics.listen
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "ca-certificates, libcurl4, libfstrm0, libprotobuf-c1") # loaded for raizctl mailroute; dnstap
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/service/cpack/conffiles ${CMAKE_SOURCE_DIR}/service/cpack/postinst
    ${CMAKE_SOURCE_DIR}/service/cpack/prerm ${CMAKE_SOURCE_DIR}/service/cpack/postrm)
include(CPack)
