# raiz_soname(VARIABLE library [folders...]): the name under which a program finds this library when it runs, for dlopen.
function(raiz_soname variable library)
    find_library(${variable}_FILE ${library} HINTS ${ARGN} REQUIRED)
    execute_process(COMMAND ${CMAKE_READELF} -d ${${variable}_FILE} OUTPUT_VARIABLE dynamic ERROR_QUIET)
    if(NOT dynamic MATCHES "SONAME[^[]*\\[([^]]+)\\]")
        message(FATAL_ERROR "${${variable}_FILE} has no soname")
    endif()
    set(${variable} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()
