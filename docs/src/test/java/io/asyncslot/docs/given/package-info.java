/** The surroundings of the samples in the pages: an application's own types. */
package io.asyncslot.docs.given;
