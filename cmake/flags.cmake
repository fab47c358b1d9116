# Warnings are errors, with gcc and with clang; hardening as a network daemon is expected to have.
add_compile_options(
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Werror
    -fno-common -fvisibility=hidden -ffunction-sections -fdata-sections -fno-omit-frame-pointer)
# Packages are built with compilers and libraries that nobody has seen yet: there a warning stays one.
option(RAIZ_WERROR "warnings are errors" ON)
if(NOT RAIZ_WERROR)
    add_compile_options(-Wno-error)
endif()
add_compile_definitions(_GNU_SOURCE)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-Wl,--as-needed -Wl,--gc-sections)

# Asserts stay on in every build: the cheap ones guard what raiz controls (never what it receives).
foreach(kind RELEASE RELWITHDEBINFO MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${kind} "${CMAKE_C_FLAGS_${kind}}")
endforeach()

if(RAIZ_SANITIZE)
    # gcc loses sight of casts in conditional expressions that it instruments; the plain build has looked at all of them.
    add_compile_options(-Wno-conversion)
    add_compile_options(-fsanitize=${RAIZ_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${RAIZ_SANITIZE})
else()
    add_compile_options(-fstack-protector-strong -fstack-clash-protection)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
        add_compile_options(-fcf-protection=full)
    endif()
    if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
        add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    endif()
    add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code)
    set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie")
endif()

# Old bugs, brought back by RAIZ_SEEDED_BUG in the environment (dns/seeded.h); never in what is installed.
if(RAIZ_SEEDED)
    add_compile_definitions(RAIZ_SEEDED)
endif()

# Fuzz targets see which code their input reached; each brings libFuzzer's main itself (tests/fuzz).
if(RAIZ_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
