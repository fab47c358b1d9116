# raiz_layer(NAME folder [neighbours...]): the static library raiz_NAME made of every .c file in this folder.
#
# Headers are included by their path from the top ("dns/name.h"). Each layer gets an include root of its own in the build
# tree that holds just this one path, as a link; a layer's users inherit it. So a file can include what its layer was
# allowed to see and nothing else.
function(raiz_layer name folder)
    set(root ${CMAKE_BINARY_DIR}/layers/${name})
    get_filename_component(parent ${root}/${folder} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    if(sources)
        add_library(raiz_${name} STATIC ${sources})
        target_include_directories(raiz_${name} PUBLIC ${root})
        target_link_libraries(raiz_${name} PUBLIC ${ARGN})
        if(RAIZ_LTO)  # for raizd; whoever links the plain code, as tests do, finds that, too
            target_compile_options(raiz_${name} PRIVATE -flto=auto -ffat-lto-objects)
        endif()
    else()  # headers only
        add_library(raiz_${name} INTERFACE)
        target_include_directories(raiz_${name} INTERFACE ${root})
        target_link_libraries(raiz_${name} INTERFACE ${ARGN})
    endif()
endfunction()
